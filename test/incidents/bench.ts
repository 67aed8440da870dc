import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { type Answer, type Assistant, startAssistant } from '../story/client.ts';

export const GUIDED_POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

/** A namespace whose Deployment `web` can't pull its image, and a journal; servers on them are in guided mode. */
export interface Bench {
  readonly namespace: string;
  readonly journal: string;
  start(options?: { policy?: string; env?: Readonly<Record<string, string>> }): Promise<Assistant>;
  /** Every phase that the incident has been in, in order. */
  phases(incident: string): string[];
}

export async function openBench(cluster: ControlPlaneClient, prefix: string): Promise<Bench> {
  const namespace = await cluster.namespace(prefix);
  const folder = mkdtempSync(join(tmpdir(), 'stratus-incidents-'));
  const journal = join(folder, 'journal.db');
  const started: Assistant[] = [];
  onTestFinished(async () => {
    for (const server of started) await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await cluster.apply([settings(namespace), web(namespace)]);
  await cluster.waitFor('web to fail its pull', async () => {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dweb`;
    return (await cluster.request('GET', path)).text.includes('ImagePullBackOff');
  });
  return {
    namespace,
    journal,
    start: async ({ policy = GUIDED_POLICY, env = {} } = {}) => {
      const kubeconfig = cluster.kubeconfig();
      const server = await startAssistant({ kubeconfig, journal, policy, env });
      started.push(server);
      return server;
    },
    phases: (incident) => {
      const reader = openJournalReader({ path: journal });
      try {
        return reader.incidents.history(incident).map(({ to }) => to);
      } finally {
        reader.close();
      }
    },
  };
}

function settings(namespace: string): object {
  const metadata = { name: 'settings', namespace };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'fast' } };
}

function web(namespace: string): object {
  const labels = { app: 'web' };
  const containers = [{ name: 'web', image: 'local/web:nope' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers } },
    },
  };
}

/** A call that has to be answered. */
export async function done(server: Assistant, tool: string, args: JsonObject): Promise<JsonObject> {
  const answer = await server.call(tool, args);
  expect(answer.isError, `${tool}: ${answer.text}`).toBe(false);
  return answer.data;
}

/** A call that has to be refused: its whole text. */
export async function refused(server: Assistant, tool: string, args: JsonObject): Promise<string> {
  const answer: Answer = await server.call(tool, args);
  expect(answer.isError, `${tool}: ${answer.text}`).toBe(true);
  return answer.text;
}

/** Opens an incident about `web` and brings it into mitigation. @returns its handle */
export async function inMitigation(server: Assistant, { namespace }: Bench): Promise<string> {
  const opened = await done(server, 'incident_open', {
    ...{ title: 'web is down', namespaces: [namespace], object: `Deployment ${namespace}/web` },
  });
  const incident = String(opened.incident);
  await done(server, 'incident_update', { incident, phase: 'diagnosis' });
  await suspect(server, incident, 'the image does not exist');
  return incident;
}

/** Records a hypothesis and goes on to mitigation. */
export async function suspect(server: Assistant, incident: string, cause: string): Promise<void> {
  const evidence = ['observe_events: Failed to pull image'];
  await done(server, 'incident_update', {
    incident,
    hypothesis: cause,
    evidence,
    phase: 'mitigation',
  });
}

export async function begin(server: Assistant, { namespace }: Bench, incident: string) {
  const args = { incident, namespaces: [namespace], reason: 'repair web' };
  return String((await done(server, 'transaction_begin', args)).transaction);
}

export function image(server: Assistant, { namespace }: Bench, to: string, transaction: string) {
  const args = {
    namespace,
    kind: 'Deployment',
    name: 'web',
    image: to,
    reason: 'repair web',
    transaction,
  };
  return done(server, 'mitigate_set_container', args);
}

export async function commit(server: Assistant, transaction: string): Promise<JsonObject> {
  for (;;) {
    const data = await done(server, 'transaction_commit', { transaction });
    if (data.status !== 'settling') return data;
  }
}

/** Changes what the incident isn't about. */
export async function setMode(server: Assistant, { namespace }: Bench, transaction: string) {
  const target = { kind: 'ConfigMap', name: 'settings', namespace };
  await done(server, 'mitigate_patch', {
    ...{ ...target, patch: { data: { mode: 'slow' } }, reason: 'repair web', transaction },
  });
}
