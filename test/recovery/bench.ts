import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../src/core/kube.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import type { StepRow, TransactionRow } from '../../src/journal/types.ts';
import { comparableManagedFields } from '../../src/undo/managed-fields.ts';
import { normalise } from '../../src/undo/normalise.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import { type Answer, type Assistant, startAssistant } from '../story/client.ts';

export const FAST_POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

/** Longer than any recovery: a create that was in flight is waited out for 36 s. */
const RECOVERED_MS = 120_000;

/** A namespace with two ConfigMaps, and a journal of its own. */
export interface Bench {
  readonly cluster: ControlPlaneClient;
  readonly namespace: string;
  readonly journal: string;
  /** A server on this journal. */
  start(env?: Readonly<Record<string, string>>, kubeconfig?: string): Promise<Assistant>;
  /** A ConfigMap of the namespace as the API server has it now. */
  configMap(name: string): Promise<KubeObject | undefined>;
  rows(): TransactionRow[];
  steps(transaction: string): StepRow[];
  remove(): void;
}

export async function openBench(cluster: ControlPlaneClient, prefix: string): Promise<Bench> {
  const namespace = await cluster.namespace(prefix);
  const folder = mkdtempSync(join(tmpdir(), 'stratus-recovery-'));
  const journal = join(folder, 'journal.db');
  const reading = <T>(read: (from: ReturnType<typeof openJournalReader>) => T): T => {
    const reader = openJournalReader({ path: journal });
    try {
      return read(reader);
    } finally {
      reader.close();
    }
  };
  const bench: Bench = {
    cluster,
    namespace,
    journal,
    start: (env = {}, kubeconfig = cluster.kubeconfig()) =>
      startAssistant({ kubeconfig, journal, policy: FAST_POLICY, env }),
    configMap: async (name) => {
      const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
      const { json, status } = await cluster.request('GET', path, undefined, { allow: [404] });
      return status === 200 && isKubeObject(json) ? json : undefined;
    },
    rows: () => reading(({ transactions }) => transactions.list({ limit: 100 }).rows.toReversed()),
    steps: (transaction) => reading(({ transactions }) => transactions.steps(transaction)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  await cluster.apply(['settings', 'other'].map((name) => configMap(namespace, name)));
  return bench;
}

function configMap(namespace: string, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { app: name }, annotations: { owner: 'the shop team' } },
    data: { mode: 'fast', level: 'info' },
  };
}

/** Begins a transaction in the bench's namespace and returns its handle. */
export async function begin(server: Assistant, { namespace }: Bench): Promise<string> {
  const answer = await server.call('transaction_begin', {
    reason: 'test',
    namespaces: [namespace],
  });
  expect(answer.isError, answer.text).toBe(false);
  return String(answer.data.transaction);
}

/** Sets `data.mode` of a ConfigMap. */
export function setMode(
  server: Assistant,
  { namespace }: Bench,
  mode: string,
  more: JsonObject = {},
): Promise<Answer> {
  return server.call('mitigate_patch', {
    kind: 'ConfigMap',
    name: 'settings',
    namespace,
    patch: { data: { mode } },
    reason: 'test',
    ...more,
  });
}

/** Resolves with all transactions once none is open any more. */
export async function settled(server: Assistant): Promise<JsonObject[]> {
  const end = performance.now() + RECOVERED_MS;
  for (;;) {
    const open = await server.call('transaction_status', { open: true });
    expect(open.isError, open.text).toBe(false);
    if (open.data.total === 0) break;
    if (performance.now() > end) throw new Error(`still open: ${open.text}\n${server.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const all = await server.call('transaction_status', { limit: 50 });
  return objectsOf(at(all.data, 'transactions'));
}

/** The object is exactly what it was: content, identity and who owns which field. */
export function expectUntouched(now: KubeObject | undefined, before: KubeObject | undefined): void {
  expect(contentOf(now)).toEqual(contentOf(before));
}

/** It came back after a delete: all the same but the identity that only the API server gives. */
export function expectRecreated(now: KubeObject | undefined, before: KubeObject | undefined): void {
  expect(contentOf(now, true)).toEqual(contentOf(before, true));
}

export function contentOf(object: KubeObject | undefined, ignoreIdentity = false) {
  if (object === undefined) return 'absent';
  return {
    object: normalise(object, { hasStatus: false, ignoreIdentity }),
    owners: comparableManagedFields(object),
  };
}

/** No label, annotation or owned field of ours is left on anything in the namespace. */
export async function expectNoMarks({ cluster, namespace }: Bench): Promise<void> {
  for (const path of [
    `/api/v1/namespaces/${namespace}`,
    `/api/v1/namespaces/${namespace}/configmaps`,
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
  ]) {
    const { text } = await cluster.request('GET', path);
    expect(text).not.toContain('stratus.dev/');
    expect(text).not.toContain('stratus-undo');
  }
}

export function expectChainWhole({ journal }: Bench): void {
  const reader = openJournalReader({ path: journal });
  try {
    expect(reader.audit.verify()).toMatchObject({ ok: true });
  } finally {
    reader.close();
  }
}

/** Kills a server that a test started, and waits until it is gone. */
export async function kill(server: Assistant): Promise<void> {
  try {
    process.kill(server.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
  await server.exited;
}
