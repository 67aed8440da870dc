import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import type { ClusterReader } from '../../src/cluster/types.ts';
import { systemClock } from '../../src/core/clock.ts';
import { at, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { createLog } from '../../src/core/log.ts';
import { openJournal } from '../../src/journal/open.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { createTransactionEngine } from '../../src/transaction/engine.ts';
import type { StepRequest } from '../../src/transaction/types.ts';
import { useCluster } from '../cluster/index.ts';
import { leaseFor, makeLease } from '../cluster/lease.ts';
import { CALLER, createAs, mustRead, urlOf } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();

/** An engine whose reads are counted, and after whose first read of an object somebody else may write. */
async function engineSeeing(ref: ObjectRef, meanwhile: () => Promise<unknown>) {
  const folder = mkdtempSync(join(tmpdir(), 'one-read-'));
  const clock = systemClock;
  const log = createLog('silent');
  const policy = await loadPolicy(fileURLToPath(new URL('../undo/policy.yaml', import.meta.url)));
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig('admin'), env: {} });
  const journal = openJournal({ path: join(folder, 'journal.db'), env: {}, clock });
  const real = createReader(connection);
  const seen = { gets: 0 };
  const reader: ClusterReader = {
    ...real,
    get: async (key, options) => {
      const live = await real.get(key, options);
      if (key.name === ref.name && key.namespace === ref.namespace) {
        seen.gets += 1;
        if (seen.gets === 1) await meanwhile();
      }
      return live;
    },
  };
  const meter = createSeverityMeter({ reader: real, settings: policy.severity, clock });
  const lease = leaseFor(journal.path);
  await makeLease(cluster.kubeconfig(), lease);
  const parts = { connection, reader, journal, policy, meter, clock, log, lease };
  const engine = createTransactionEngine(parts);
  onTestFinished(async () => {
    await engine.close(5_000);
    journal.close();
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const begin = { reason: 'test', namespaces: [ref.namespace ?? '*'] };
  const { id } = await engine.begin(begin, CALLER);
  return { engine, seen, transaction: id };
}

/** A command that reads the object for its plan, as every tool for one object does. */
function setting(ref: ObjectRef, patch: JsonObject): StepRequest {
  const { apiVersion, kind, namespace = '', name } = ref;
  return {
    tool: 'mitigate_patch',
    reads: [{ as: 'it', get: { resource: kind, apiVersion, namespace, name } }],
    plan: (live) => {
      expect(live.object('it')?.object.metadata.name).toBe(name);
      const words = { kubectl: 'kubectl', summary: 'a change' };
      return [{ verb: 'patch', object: ref, patchType: 'merge', patch, ...words }];
    },
  };
}

async function configMap(): Promise<ObjectRef> {
  const namespace = await cluster.namespace('one-read');
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' };
  await createAs(cluster, 'kubectl-create', ref, full({ data: { mode: 'old', other: 'a' } }, ref));
  return ref;
}

const elsewhere = (ref: ObjectRef, path: string, body: JsonObject) => () =>
  cluster.request('PATCH', `${urlOf(ref)}${path}?fieldManager=somebody`, body);

test("the plan's own read is what the write is conditioned on: the object is read once", async () => {
  const ref = await configMap();
  const { engine, seen, transaction } = await engineSeeing(ref, async () => undefined);
  await engine.step(transaction, setting(ref, { data: { mode: 'new' } }), CALLER);
  expect(seen.gets).toBe(1);
  expect(at(await mustRead(cluster, ref), 'data', 'mode')).toBe('new');
});

test('somebody changes it after the plan has read it: nothing is written', async () => {
  const ref = await configMap();
  const change = elsewhere(ref, '', { data: { other: 'b' } });
  const { engine, transaction } = await engineSeeing(ref, change);
  const failed = engine.step(transaction, setting(ref, { data: { mode: 'new' } }), CALLER);
  await expect(failed).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('was changed by somebody else meanwhile, at data.other'),
  });
  expect(at(await mustRead(cluster, ref), 'data')).toEqual({ mode: 'old', other: 'b' });
  expect(engine.view(transaction).steps).toEqual([]);
});

test('a controller moves only its version: the write goes to the newer one', async () => {
  const namespace = await cluster.namespace('one-read');
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' };
  const labels = { app: 'web' };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'c', image: 'local/web:1' }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  await createAs(cluster, 'kubectl-create', ref, full({ spec }, ref));
  const status = { status: { conditions: [{ type: 'Moved', status: 'True' }] } };
  const { engine, transaction } = await engineSeeing(ref, elsewhere(ref, '/status', status));
  const labelled = setting(ref, { metadata: { labels: { tier: 'front' } } });
  await engine.step(transaction, labelled, CALLER);
  expect((await mustRead(cluster, ref)).metadata.labels?.tier).toBe('front');
});
