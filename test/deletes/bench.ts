import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { at, type JsonObject } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { type Assistant, startAssistant } from '../story/client.ts';
import { createAs, mustRead } from '../undo/bench.ts';

const POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

/** A server whose human says yes to every question, on a journal of its own. */
export interface DeletesBench {
  readonly journal: string;
  /** What the human was asked. */
  readonly asked: string[];
  start(env?: Readonly<Record<string, string>>): Promise<Assistant>;
}

export function deletesBench(cluster: ControlPlaneClient): DeletesBench {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-deletes-'));
  const servers: Assistant[] = [];
  const asked: string[] = [];
  onTestFinished(async () => {
    for (const server of servers) await server.close().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  const journal = join(folder, 'journal.db');
  return {
    journal,
    asked,
    start: async (env = {}) => {
      const server = await startAssistant({
        kubeconfig: cluster.kubeconfig(),
        journal,
        policy: POLICY,
        env,
        elicit: (message) => {
          asked.push(message);
          return { action: 'accept', content: { decision: 'approve' } };
        },
      });
      servers.push(server);
      return server;
    },
  };
}

export async function begin(
  server: Assistant,
  namespaces: readonly string[],
  gone: readonly string[] = [],
): Promise<string> {
  const declared_reductions = gone.map((object) => ({ object, reason: 'on purpose' }));
  const answer = await server.call('transaction_begin', {
    reason: 'test',
    namespaces: [...namespaces],
    ...(gone.length > 0 ? { declared_reductions } : {}),
  });
  expect(answer.isError, answer.text).toBe(false);
  return String(answer.data.transaction);
}

/** A call that has to succeed. */
export async function done(server: Assistant, tool: string, args: JsonObject) {
  const answer = await server.call(tool, args);
  expect(answer.isError, answer.text).toBe(false);
  return answer;
}

export async function make(
  cluster: ControlPlaneClient,
  object: ObjectRef,
  rest: JsonObject,
): Promise<KubeObject> {
  const { apiVersion, kind, name, namespace } = object;
  const { metadata = {}, ...body } = rest;
  const place = namespace === undefined ? {} : { namespace };
  const manifest: JsonObject = {
    apiVersion,
    kind,
    metadata: { name, ...place, ...(metadata as JsonObject) },
    ...body,
  };
  await createAs(cluster, 'kubectl-create', object, manifest);
  return await mustRead(cluster, object);
}

/** A claim bound to a volume of its own. */
export async function boundClaim(
  cluster: ControlPlaneClient,
  namespace: string,
  name: string,
  policy: 'Retain' | 'Delete',
): Promise<{ claim: ObjectRef; volume: ObjectRef }> {
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', name: `${namespace}-${name}` };
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name };
  const shared = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
  await make(cluster, volume, {
    spec: {
      ...shared,
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: policy,
      hostPath: { path: `/tmp/${name}` },
    },
  });
  const resources = { requests: { storage: '1Gi' } };
  await make(cluster, claim, { spec: { ...shared, resources, volumeName: volume.name } });
  await cluster.waitFor('the claim to be bound', async () => {
    return at(await mustRead(cluster, claim), 'status', 'phase') === 'Bound';
  });
  return { claim, volume };
}
