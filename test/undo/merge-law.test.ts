import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { at, type Json, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  expectRestored,
  mustRead,
  urlOf,
  useBench,
  writeAs,
} from './bench.ts';
import {
  configMap,
  deployment,
  full,
  type Kind,
  manifestOf,
  merge,
  metadata,
  service,
} from './kinds.ts';
import { WIDGETS, widget } from './widget.ts';

const cluster = useCluster();
const bench = useBench(cluster);
const RUNS = Number(process.env.STRATUS_PROPERTY_RUNS ?? 10);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('merge-law');
  await cluster.apply(WIDGETS);
});

/** What somebody else writes, at places that no change of ours in `kinds.ts` reaches, and what is seen of it. */
interface Theirs {
  readonly type: 'merge' | 'strategic' | 'apply';
  readonly body: JsonObject;
  readonly path: readonly string[];
  readonly value: Json;
}

const inEnv = (name: string): JsonObject => ({
  spec: { template: { spec: { containers: [{ name: 'web', env: [{ name, value: 'x' }] }] } } },
});

const THEIRS: Readonly<Record<string, readonly Theirs[]>> = {
  ConfigMap: [
    { type: 'merge', body: { data: { theirs: 'x' } }, path: ['data', 'theirs'], value: 'x' },
    { type: 'apply', body: { data: { applied: 'y' } }, path: ['data', 'applied'], value: 'y' },
    {
      type: 'merge',
      body: { metadata: { labels: { app: 'moved' } } },
      path: ['metadata', 'labels', 'app'],
      value: 'moved',
    },
  ],
  Deployment: [
    { type: 'strategic', body: inEnv('THEIRS'), path: ['env', 'THEIRS'], value: 'x' },
    { type: 'apply', body: inEnv('APPLIED'), path: ['env', 'APPLIED'], value: 'x' },
    {
      type: 'merge',
      body: { metadata: { labels: { theirs: 'x' } } },
      path: ['metadata', 'labels', 'theirs'],
      value: 'x',
    },
    {
      type: 'merge',
      body: { spec: { progressDeadlineSeconds: 99 } },
      path: ['spec', 'progressDeadlineSeconds'],
      value: 99,
    },
  ],
  Service: [
    {
      type: 'apply',
      body: {
        spec: { ports: [{ name: 'theirs', port: 4711, protocol: 'TCP', targetPort: 4711 }] },
      },
      path: ['ports', 'theirs'],
      value: 4711,
    },
    {
      type: 'merge',
      body: { metadata: { annotations: { theirs: 'x' } } },
      path: ['metadata', 'annotations', 'theirs'],
      value: 'x',
    },
  ],
  NetworkPolicy: [
    {
      type: 'merge',
      body: { metadata: { annotations: { theirs: 'x' } } },
      path: ['metadata', 'annotations', 'theirs'],
      value: 'x',
    },
    {
      type: 'apply',
      body: { metadata: { labels: { applied: 'y' } } },
      path: ['metadata', 'labels', 'applied'],
      value: 'y',
    },
  ],
  Widget: [
    {
      type: 'merge',
      body: { spec: { nested: { theirs: { k: 'v' } } } },
      path: ['spec', 'nested', 'theirs', 'k'],
      value: 'v',
    },
    {
      type: 'apply',
      body: { spec: { nested: { applied: { k: 'v' } } } },
      path: ['spec', 'nested', 'applied', 'k'],
      value: 'v',
    },
    {
      type: 'merge',
      body: { metadata: { annotations: { theirs: 'x' } } },
      path: ['metadata', 'annotations', 'theirs'],
      value: 'x',
    },
  ],
};

/** Rules of a NetworkPolicy are atomic lists: each change of ours replaces them whole. */
const networkPolicy: Kind = {
  kind: 'NetworkPolicy',
  apiVersion: 'networking.k8s.io/v1',
  base: {
    spec: {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 80, protocol: 'TCP' }] }],
    },
  },
  others: [],
  changes: fc.oneof(
    metadata,
    fc
      .subarray([81, 82, 83])
      .map((ports) =>
        merge({ spec: { ingress: ports.map((port) => ({ ports: [{ port, protocol: 'TCP' }] })) } }),
      ),
    fc.constant(merge({ spec: { policyTypes: ['Ingress', 'Egress'] } })),
    fc
      .constantFrom('a', 'b')
      .map((tier) => merge({ spec: { podSelector: { matchLabels: { tier } } } })),
  ),
};

/** Where a list is replaced as a whole, no edit inside of it is apart from ours. */
const replacesWhole = (change: Change) =>
  change.verb === 'patch' &&
  (JSON.stringify(change.patch).match(/"data":null|"path":"\/data"/) !== null ||
    (change.patchType === 'merge' && JSON.stringify(change.patch).includes('"ports":[{"name"')));

test.each([configMap, deployment, service, networkPolicy, widget])(
  'others write to the $kind between our steps: theirs is kept, ours goes',
  async (kind) => {
    const theirs = THEIRS[kind.kind] ?? [];
    const change = kind.changes.filter((it) => !replacesWhole(it));
    const event = fc.oneof(
      change.map((it) => ({ ours: it })),
      fc.constantFrom(...theirs).map((it) => ({ theirs: it })),
    );
    let [asked, done] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 6 }), async (events) => {
        const ref = await created(kind);
        const before = await mustRead(cluster, ref);
        const transaction = await bench.begin(namespace);
        const written: Theirs[] = [];
        for (const it of events) {
          if ('theirs' in it) {
            await write(ref, it.theirs);
            written.push(it.theirs);
          } else {
            asked += 1;
            if (await attempt(transaction, ref, it.ours)) done += 1;
          }
        }
        await bench.abort(transaction);
        await expectAborted(transaction);
        const after = await mustRead(cluster, ref);
        for (const { path, value } of written) expect(seen(after, path)).toEqual(value);
        // With theirs taken out again, it is what it was: nothing of ours is left.
        for (const { path } of written) remove(after, path, seen(before, path));
        if (written.length > 0) dropOwnership(before, after);
        expectRestored(before, withoutEmptyMaps(after, before));
        await cluster.request('DELETE', urlOf(ref));
      }),
      { numRuns: RUNS, endOnFailure: process.env.STRATUS_PROPERTY_RUNS === undefined },
    );
    expect(done).toBeGreaterThan(asked / 2);
  },
  RUNS * 10_000,
);

async function created(kind: Kind): Promise<ObjectRef> {
  const name = `it-${randomBytes(4).toString('hex')}`;
  const ref: ObjectRef = { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name };
  await createAs(cluster, 'kubectl-create', ref, manifestOf(kind, ref));
  return ref;
}

function write(ref: ObjectRef, { type, body }: Theirs) {
  const manager = type === 'apply' ? `flux-${Object.keys(body).join('')}` : 'kubectl-edit';
  return writeAs(cluster, manager, ref, type, type === 'apply' ? full(body, ref) : body);
}

/** False when the answer was another owner, nothing to do, or no way back. */
async function attempt(transaction: string, ref: ObjectRef, change: Change): Promise<boolean> {
  const given = 'manifest' in change ? { ...change, manifest: full(change.manifest, ref) } : change;
  const answers = ['conflict', 'no_change', 'irreversible', 'dry_run_rejected'];
  return bench.step(transaction, ref, given).then(
    () => true,
    (error: { code?: string }) => {
      if (!answers.includes(error.code ?? '')) throw error;
      return false;
    },
  );
}

async function expectAborted(transaction: string): Promise<void> {
  const { state, outcome, steps } = bench.engine.view(transaction);
  if (state === 'ABORTED') return;
  await bench.engine.accept(transaction, 'the test fails', CALLER);
  throw new Error(`${state} ${outcome} ${JSON.stringify(steps.map((it) => it.conflicts))}`);
}

const env = (object: JsonObject): JsonObject[] =>
  objectsOf(
    objectsOf(at(object, 'spec', 'template', 'spec', 'containers')).find((it) => it.name === 'web')
      ?.env,
  );

const ports = (object: JsonObject): JsonObject[] => objectsOf(at(object, 'spec', 'ports'));

function seen(object: JsonObject, path: readonly string[]): Json | undefined {
  if (path[0] === 'env') return env(object).find((it) => it.name === path[1])?.value;
  if (path[0] === 'ports') return ports(object).find((it) => it.name === path[1])?.port;
  return at(object, ...path);
}

/** Puts back what was at the path before. */
function remove(object: JsonObject, path: readonly string[], value: Json | undefined): void {
  if (path[0] === 'env') {
    const container = objectsOf(at(object, 'spec', 'template', 'spec', 'containers')).find(
      (it) => it.name === 'web',
    );
    if (container !== undefined) container.env = env(object).filter((it) => it.name !== path[1]);
    return;
  }
  if (path[0] === 'ports') {
    const spec = object.spec as JsonObject;
    spec.ports = ports(object).filter((it) => it.name !== path[1]);
    return;
  }
  const parent = at(object, ...path.slice(0, -1)) as JsonObject;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

/** Maps that only they had made. */
function withoutEmptyMaps<T extends JsonObject>(object: T, before: JsonObject): T {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const was = before[name];
    withoutEmptyMaps(value as JsonObject, (was ?? {}) as JsonObject);
    if (was === undefined && Object.keys(value).length === 0) delete object[name];
  }
  return object;
}

/** Where others wrote, ownership stays as it is and is told. */
function dropOwnership(...objects: { metadata: JsonObject }[]): void {
  for (const { metadata } of objects) metadata.managedFields = [];
}
