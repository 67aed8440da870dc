import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Json, type JsonObject, parseJson, stringifyJson } from '../../src/core/json.ts';
import { describeRef, isKubeObject, type KubeObject, type ObjectRef } from '../../src/core/kube.ts';
import { createLog } from '../../src/core/log.ts';
import { openJournal } from '../../src/journal/open.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { mitigateTools } from '../../src/tools/mitigate/index.ts';
import type { MitigateTool } from '../../src/tools/types.ts';
import { createTransactionEngine } from '../../src/transaction/engine.ts';
import type {
  Caller,
  Live,
  PlannedWrite,
  StepResult,
  TransactionEngine,
} from '../../src/transaction/types.ts';
import { comparableManagedFields } from '../../src/undo/managed-fields.ts';
import { normalise } from '../../src/undo/normalise.ts';
import type { ControlPlaneClient, KubeResponse } from '../cluster/index.ts';
import { leaseFor, makeLease } from '../cluster/lease.ts';

export const CALLER: Caller = { call: 'call-1', tool: 'mitigate_patch', actor: 'test' };

/** What a write is, apart from which object it is of. */
export type Change =
  | {
      readonly verb: 'patch';
      readonly patchType: 'json' | 'merge' | 'strategic';
      readonly patch: Json;
    }
  | { readonly verb: 'apply' | 'create'; readonly manifest: JsonObject }
  | { readonly verb: 'delete' };

export interface Bench {
  readonly engine: TransactionEngine;
  /** Opens a transaction on a namespace; whatever is missing afterwards was meant to be. */
  begin(namespace: string, gone?: readonly ObjectRef[]): Promise<string>;
  /** As `begin`, for one test: leaves nothing behind that would keep the next one from beginning. */
  begun(namespace: string, gone?: readonly ObjectRef[]): Promise<string>;
  /** One call of a tool, by its own schema, reads and plan. */
  call(transaction: string, tool: string, args: JsonObject): Promise<StepResult>;
  /** One command with one write. */
  step(transaction: string, object: ObjectRef, change: Change): Promise<StepResult>;
  abort(transaction: string): ReturnType<TransactionEngine['abort']>;
  /** As `abort`; fails when anything was left. */
  aborted(transaction: string): Promise<void>;
}

/** A real engine over a control plane, as administrator unless told otherwise, with a journal of its own. */
export function useBench(
  cluster: ControlPlaneClient,
  kubeconfig: () => string = () => cluster.kubeconfig('admin'),
): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'undo-test-'));
  const closers: (() => Promise<void> | void)[] = [];
  let engine: TransactionEngine | undefined;

  beforeAll(async () => {
    const clock = systemClock;
    const log = createLog('silent');
    const policy = await loadPolicy(fileURLToPath(new URL('./policy.yaml', import.meta.url)));
    const connection = await connectCluster({ kubeconfig: kubeconfig(), env: {} });
    closers.push(() => connection.close());
    const journal = openJournal({ path: join(folder, 'journal.db'), env: {}, clock });
    closers.push(() => journal.close());
    const reader = createReader(connection);
    const meter = createSeverityMeter({ reader, settings: policy.severity, clock });
    const lease = leaseFor(journal.path);
    await makeLease(cluster.kubeconfig(), lease);
    engine = createTransactionEngine({
      connection,
      reader,
      journal,
      policy,
      meter,
      clock,
      log,
      lease,
    });
  });
  afterAll(async () => {
    await engine?.close(5_000);
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  const running = (): TransactionEngine => {
    if (engine === undefined) throw new Error('the bench is used before beforeAll');
    return engine;
  };
  const bench: Bench = {
    get engine() {
      return running();
    },
    async begin(namespace, gone = []) {
      const declaredReductions = gone.map((object) => ({ object, reason: 'on purpose' }));
      const request = { reason: 'test', namespaces: [namespace], declaredReductions };
      return (await running().begin(request, CALLER)).id;
    },
    async call(transaction, name, args) {
      const tool = mitigateTools(systemClock).find((it) => it.name === name) as MitigateTool;
      const given = tool.input.parse({ reason: 'test', ...args });
      const plan = (live: Live) => tool.plan(given, live);
      const request = { tool: name, reads: tool.reads(given), plan };
      return running().step(transaction, request, CALLER);
    },
    step(transaction, object, change) {
      const planned = {
        object,
        kubectl: 'kubectl',
        summary: 'a change',
        ...change,
      } as PlannedWrite;
      const request = { tool: 'mitigate_patch', reads: [], plan: () => [planned] };
      return running().step(transaction, request, CALLER);
    },
    async begun(namespace, gone) {
      const transaction = await bench.begin(namespace, gone);
      onTestFinished(async () => {
        const { state } = running().view(transaction);
        if (state === 'OPEN') await bench.abort(transaction);
        else if (state.endsWith('_INCOMPLETE')) await running().accept(transaction, 'end', CALLER);
      });
      return transaction;
    },
    abort: (transaction) => running().abort(transaction, 'enough', CALLER),
    async aborted(transaction) {
      const { undo, transaction: view } = await bench.abort(transaction);
      expect(undo.objects.flatMap(({ conflicts }) => conflicts)).toEqual([]);
      expect(`${view.state} ${view.outcome}`).toMatch(/^ABORTED/);
    },
  };
  return bench;
}

/** Kinds whose plural has more than an s. */
const PLURALS: Readonly<Record<string, string>> = {
  Ingress: 'ingresses',
  NetworkPolicy: 'networkpolicies',
};

export function urlOf({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}${place}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}/${name}`;
}

export async function read(
  cluster: ControlPlaneClient,
  ref: ObjectRef,
): Promise<KubeObject | undefined> {
  const { status, text } = await cluster.request('GET', urlOf(ref), undefined, { allow: [404] });
  if (status === 404) return undefined;
  const object = parseJson(text);
  if (!isKubeObject(object)) throw new Error(`no object: ${text}`);
  return object;
}

export async function mustRead(cluster: ControlPlaneClient, ref: ObjectRef): Promise<KubeObject> {
  const object = await read(cluster, ref);
  if (object === undefined) throw new Error(`${describeRef(ref)} is gone`);
  return object;
}

const CONTENT_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Somebody else's write, past the engine. An apply takes what it wants. */
export function writeAs(
  cluster: ControlPlaneClient,
  manager: string,
  ref: ObjectRef,
  type: keyof typeof CONTENT_TYPES,
  body: Json,
): Promise<KubeResponse> {
  const query = `fieldManager=${manager}${type === 'apply' ? '&force=true' : ''}`;
  const contentType = CONTENT_TYPES[type];
  return cluster.request('PATCH', `${urlOf(ref)}?${query}`, stringifyJson(body), { contentType });
}

export function createAs(
  cluster: ControlPlaneClient,
  manager: string,
  ref: ObjectRef,
  manifest: JsonObject,
): Promise<KubeResponse> {
  const collection = urlOf(ref).replace(/\/[^/]+$/, '');
  return cluster.request('POST', `${collection}?fieldManager=${manager}`, stringifyJson(manifest));
}

/** Fails unless the object is what it was: to the byte, and owned by whom it was. */
export function expectRestored(
  before: KubeObject,
  after: KubeObject | undefined,
  options: { readonly recreated?: boolean } = {},
): void {
  if (after === undefined) throw new Error(`${before.kind} is gone`);
  const { recreated = false } = options;
  if (!recreated) expect(after.metadata.uid).toBe(before.metadata.uid);
  const rules = { hasStatus: true, ignoreIdentity: recreated };
  expect(stringifyJson(normalise(after, rules))).toBe(stringifyJson(normalise(before, rules)));
  expect(comparableManagedFields(after)).toEqual(comparableManagedFields(before));
  expect(stringifyJson(after)).not.toContain('stratus');
}
