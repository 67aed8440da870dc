import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startControlPlane } from '../../cluster/control-plane.ts';
import { type Assistant, startAssistant } from '../../story/client.ts';
import type { Campaign, CampaignReport, CampaignRun } from '../types.ts';
import { AUDIT_POLICY } from './audited.ts';
import { Lab, LEASE } from './lab.ts';
import { createObjects } from './objects.ts';

const POLICY = fileURLToPath(new URL('../../undo/policy.yaml', import.meta.url));
export const planWritesNothing: Campaign = {
  name: 'plan-writes-nothing',
  about:
    'Every tool, run as a plan over every kind, leaves every object of the cluster at its version.',
  size: {
    unit: 'calls with hostile or wrong arguments beside all right ones',
    ci: 80,
    full: 3_000,
  },
  run,
};

async function run(options: CampaignRun): Promise<CampaignReport> {
  const { folder, say } = options;
  const auditPolicy = join(folder, 'audit-policy.yaml');
  writeFileSync(auditPolicy, AUDIT_POLICY);
  // Its own: nobody else writes, and the audit log has the bodies.
  const plane = await startControlPlane({
    nodes: 2,
    apiServerFlags: [`--audit-policy-file=${auditPolicy}`],
    log: say,
  });
  let server: Assistant | undefined;
  try {
    const objects = await createObjects(plane);
    server = await startAssistant({
      kubeconfig: plane.kubeconfig(),
      journal: join(folder, 'journal.db'),
      policy: POLICY,
      env: { STRATUS_LEASE: LEASE },
    });
    const { tools } = await server.client.listTools();
    const names = tools.map(({ name }) => name);
    const lab = new Lab(plane, objects, server, names, options);
    await lab.readOnly();
    await lab.plans('alone');
    await lab.endings();
    const transaction = await lab.open();
    await lab.plans('in a transaction', transaction);
    await lab.hostile(transaction);
    await lab.flush();
    return lab.tally.report();
  } finally {
    await server?.close();
    await plane.stop();
  }
}
