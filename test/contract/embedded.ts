import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import {
  type SimulatedCluster,
  type SimulationOptions,
  startSimulatedCluster,
} from '../../src/simulation/start.ts';
import { createClient } from '../cluster/client.ts';
import { layout } from '../cluster/components.ts';
import type { ControlPlaneClient } from '../cluster/types.ts';

export const TOKEN = 'contract';

/** Starts an embedded cluster as the tests use it. */
export function startEmbedded(options: Partial<SimulationOptions> = {}): Promise<SimulatedCluster> {
  return startSimulatedCluster({
    clock: systemClock,
    newId: () => randomUUID(),
    token: TOKEN,
    log: (line) => process.stderr.write(`[embedded cluster] ${line}\n`),
    ...options,
  });
}

export interface EmbeddedPlane extends ControlPlaneClient {
  stop(): Promise<void>;
}

/**
 * An embedded cluster with the same client as a real control plane. There is one identity: every
 * user of it is the admin.
 */
export async function startEmbeddedPlane(
  options: Partial<SimulationOptions> = {},
): Promise<EmbeddedPlane> {
  const cluster = await startEmbedded(options);
  const folder = mkdtempSync(join(tmpdir(), 'stratus-embedded-'));
  mkdirSync(layout(folder).kubeconfigs);
  const { server, nodes } = cluster;
  const tokens = { admin: TOKEN, reader: TOKEN, mitigator: TOKEN, nobody: TOKEN };
  const facts = { server, caPem: '', folder, auditLogPath: '', tokens, nodes };
  const { close, ...client } = createClient(facts);
  return {
    ...client,
    async stop() {
      await close();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
