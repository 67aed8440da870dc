import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import { type JsonObject, stringifyJson } from '../../src/core/json.ts';
import { groupOf, type ObjectRef } from '../../src/core/kube.ts';
import { CLUSTER_WIDE } from '../campaign/undo-matrix/cluster-wide.ts';
import { NAMESPACED } from '../campaign/undo-matrix/namespaced.ts';
import { Objects, type Twin } from '../campaign/undo-matrix/objects.ts';
import type { KindSample } from '../campaign/undo-matrix/types.ts';
import { useOwnCluster } from '../cluster/index.ts';
import { expectRestored, useBench } from './bench.ts';
import { randomPatches } from './random-fields.ts';

// Alone: its transactions are on all namespaces.
const cluster = await useOwnCluster();
const bench = useBench(cluster);

/** Histories per kind. STRATUS_PROPERTY_RUNS=30 for a long look. */
const RUNS = Number(process.env.STRATUS_PROPERTY_RUNS ?? 1);

/** What may answer a step instead of a change. An undo that the API server refuses is none of them. */
const ANSWERS = [
  ...['conflict', 'no_change', 'irreversible', 'dry_run_rejected', 'invalid_arguments'],
  'bound_exceeded',
];

/** Without fields of their own that could be changed, or everybody's. */
const WITHOUT = ['Namespace', 'Node', 'Widget', 'Lease', 'ResourceClaimTemplate'];
const KINDS = [...NAMESPACED, ...CLUSTER_WIDE].filter(({ kind }) => !WITHOUT.includes(kind));

let namespace = '';
let objects: Objects;

beforeAll(async () => {
  namespace = await cluster.namespace('field-law');
  objects = new Objects(cluster);
});

test.each(KINDS)(
  'undo(do(s)) = s: random fields of a $kind, as the API server describes them',
  async (sample) => {
    const patches = randomPatches(await documentOf(sample), gvkOf(sample));
    const seed = Number(process.env.STRATUS_PROPERTY_SEED ?? randomBytes(4).readInt32BE());
    const sampled = fc.sample(fc.array(patches, { minLength: 6, maxLength: 6 }), {
      seed,
      numRuns: RUNS,
    });
    const failures: string[] = [];
    for (const history of sampled) failures.push(...(await live(sample, history)));
    expect(failures, `seed ${seed}`).toEqual([]);
  },
  60_000 + RUNS * 20_000,
);

async function live(sample: KindSample, patches: readonly JsonObject[]): Promise<string[]> {
  const suffix = randomBytes(4).toString('hex');
  const twin: Twin = { sample: idle(sample), namespace, name: named(sample, `f-${suffix}`) };
  await objects.create(twin);
  await objects.until('observed', twin);
  const before = await objects.read(twin);
  const { apiVersion, kind } = sample;
  const place = (await objects.isNamespaced(sample)) ? { namespace } : {};
  const ref: ObjectRef = { apiVersion, kind, name: twin.name, ...place };
  const transaction = await bench.begin('*', [ref]);
  const failures: string[] = [];
  const done: JsonObject[] = [];
  for (const patch of patches) {
    try {
      await bench.step(transaction, ref, { verb: 'patch', patchType: 'strategic', patch });
      done.push(patch);
    } catch (error) {
      if (error instanceof StratusError && ANSWERS.includes(error.code)) continue;
      failures.push(`${stringifyJson(patch)}: ${String(error)}`);
      break;
    }
  }
  await bench.abort(transaction).catch((error: unknown) => failures.push(String(error)));
  const { state, outcome } = bench.engine.view(transaction);
  if (state !== 'ABORTED') {
    failures.push(`${state} ${outcome}`);
    if (state.endsWith('_INCOMPLETE')) {
      await bench.engine.accept(transaction, 'the test fails', {
        call: 'c',
        tool: 't',
        actor: 'test',
      });
    }
  }
  try {
    if (before !== undefined) expectRestored(before, await objects.read(twin));
  } catch (error) {
    failures.push(`${done.map((one) => stringifyJson(one)).join(' ')}: ${String(error)}`);
  }
  await objects.remove(twin);
  return failures.map((failure) => failure.slice(0, 600));
}

const named = ({ named: form }: KindSample, name: string) => form?.(name) ?? name;

/** No pods: what a template does to them is another law. */
function idle(sample: KindSample): KindSample {
  if (!['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(sample.kind))
    return sample;
  return {
    ...sample,
    manifest: (name) => {
      const made = sample.manifest(name);
      return { ...made, spec: { ...(made.spec as JsonObject), replicas: 0 } };
    },
  };
}

const documents = new Map<string, Promise<JsonObject>>();

function documentOf({ apiVersion }: KindSample): Promise<JsonObject> {
  const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
  const known =
    documents.get(path) ?? cluster.request('GET', `/openapi/v3/${path}`).then(({ json }) => json);
  documents.set(path, known);
  return known;
}

function gvkOf({ apiVersion, kind }: KindSample) {
  return { group: groupOf(apiVersion), version: apiVersion.split('/').at(-1) ?? '', kind };
}
