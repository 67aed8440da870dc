import { beforeAll, expect, test } from 'vitest';
import { type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { leftPayload } from '../../src/tools/transaction/left.ts';
import { FENCE_LABEL } from '../../src/undo/marks.ts';
import { answers, LABEL, silence, webhookDies } from '../cluster/dead-webhook.ts';
import { at, readAuditLog, useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  expectRestored,
  mustRead,
  read,
  urlOf,
  useBench,
  writeAs,
} from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('dead-webhook');
});

const mode = (value: string): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch: { data: { mode: value } },
});
const settings = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const deployment = (name: string): ObjectRef => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace,
  name,
});
const specOf = (app: string, replicas: number): JsonObject => ({
  spec: {
    replicas,
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'web', image: 'local/web:1' }],
      },
    },
  },
});

async function make(ref: ObjectRef, of: JsonObject, labels: JsonObject = {}): Promise<void> {
  const manifest = full(of, ref);
  const metadata = { ...(manifest.metadata as JsonObject), labels };
  await createAs(cluster, 'kubectl-create', ref, { ...manifest, metadata });
}

/** Which of our writes it was. */
const idOf = (event: JsonObject) => String(event.auditID);

/** Rehearsals pass, and the real write is not known to have happened. */
const NO_REHEARSAL = '!(has(request.dryRun) && request.dryRun)';

/** Until real writes are answered 500: of an object that nobody else looks at. */
async function realWritesFail(ref: ObjectRef): Promise<void> {
  let count = 0;
  await cluster.waitFor('real writes to be answered 500', async () => {
    count += 1;
    const body =
      ref.kind === 'ConfigMap'
        ? { data: { count: `${count}` } }
        : { spec: { minReadySeconds: count } };
    const { status } = await cluster.request('PATCH', urlOf(ref), body, { allow: [500] });
    return status === 500;
  });
}

test('a dead webhook of somebody else keeps no other object from being taken back, and it ends in a state that tells', {
  timeout: 180_000,
}, async () => {
  const [guarded, free] = [settings('guarded'), settings('free')];
  await make(guarded, { data: { mode: 'old', level: 'info' } }, { [LABEL]: 'settings' });
  await make(free, { data: { mode: 'old' } });
  const freeBefore = await mustRead(cluster, free);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, guarded, mode('ours'));
  await bench.step(transaction, free, mode('ours'));
  const remove = await webhookDies(cluster, namespace, 'settings', '', 'configmaps');
  const url = `/api/v1/namespaces/${namespace}/configmaps/guarded`;
  await answers(cluster, 500, url);

  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(undo).toMatchObject({ complete: false });
  expectRestored(freeBefore, await read(cluster, free));
  expect((await mustRead(cluster, guarded)).data).toEqual({ mode: 'ours', level: 'info' });
  expect(view.steps.map(({ state }) => state)).toEqual(['UNDO_IMPOSSIBLE', 'UNDONE']);
  const { needs_human: left } = leftPayload(view);
  expect(left).toMatchObject([
    {
      object: `ConfigMap ${namespace}/guarded`,
      why: expect.stringContaining('failed calling webhook "dead.example.com"'),
      resolve: expect.arrayContaining([
        expect.stringContaining(`transaction_abort with transaction "${transaction}"`),
        expect.stringContaining(`transactions accept ${transaction}`),
      ]),
    },
  ]);
  await expect(bench.begin(namespace)).rejects.toMatchObject({ code: 'recovery_pending' });

  await remove();
  await answers(cluster, 200, url);
  await writeAs(cluster, 'kubectl-edit', guarded, 'merge', { data: { level: 'debug' } });
  const again = await bench.abort(transaction);
  expect(again.transaction.state).toBe('ABORTED');
  // As before, but for what others did meanwhile.
  expect((await mustRead(cluster, guarded)).data).toEqual({ mode: 'old', level: 'debug' });
});

test('the undo of a committed transaction ends so as well, and a person can accept it', {
  timeout: 180_000,
}, async () => {
  const ref = settings('committed');
  await make(ref, { data: { mode: 'old' } }, { [LABEL]: 'committed' });
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  const committed = await bench.engine.commit(transaction, { waitMs: 60_000 });
  expect(committed.kind).toBe('committed');
  await webhookDies(cluster, namespace, 'committed', '', 'configmaps');
  await answers(cluster, 500, `/api/v1/namespaces/${namespace}/configmaps/committed`);

  const { transaction: view } = await bench.engine.undoCommitted(transaction, CALLER);
  expect(view.state).toBe('UNDO_INCOMPLETE');
  const accepted = await bench.engine.accept(transaction, 'theirs to repair', CALLER);
  expect(accepted.state).toBe('UNDONE');
  // The writer's seat is free again.
  await bench.abort(await bench.begun(namespace));
});

test('what we created stays as long as something that is not back yet may use it', {
  timeout: 180_000,
}, async () => {
  const web = deployment('web');
  await make(web, specOf('web', 0), { [LABEL]: 'web' });
  const before = await mustRead(cluster, web);
  const [used, unused] = [settings('used'), settings('unused')];
  const transaction = await bench.begun(namespace);
  for (const ref of [used, unused]) {
    const manifest = full({ data: { mode: 'ours' } }, ref);
    await bench.step(transaction, ref, { verb: 'create', manifest });
  }
  await bench.step(transaction, web, {
    verb: 'patch',
    patchType: 'strategic',
    patch: {
      spec: {
        template: {
          spec: {
            containers: [{ name: 'web', envFrom: [{ configMapRef: { name: 'used' } }] }],
          },
        },
      },
    },
  });
  const remove = await webhookDies(cluster, namespace, 'web', 'apps', 'deployments');
  const url = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  await answers(cluster, 500, url);

  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(await read(cluster, unused)).toBeUndefined();
  expect(await read(cluster, used)).toBeDefined();
  expect(undo.objects.find(({ object }) => object.name === 'used')).toMatchObject({
    state: 'UNDO_IMPOSSIBLE',
    how: expect.stringContaining(`Deployment ${namespace}/web`),
  });

  await remove();
  await answers(cluster, 200, url);
  await bench.aborted(transaction);
  expect(await read(cluster, used)).toBeUndefined();
  const after = await mustRead(cluster, web);
  expect(at(after, 'spec')).toEqual(at(before, 'spec'));
});

test('an undo that ends so leaves no mark of its own on the object and its pods', {
  timeout: 180_000,
}, async () => {
  const [grown, probe] = [deployment('grown'), deployment('grown-probe')];
  await make(grown, specOf('grown', 2), { [LABEL]: 'grown' });
  await make(probe, specOf('grown-probe', 0), { [LABEL]: 'grown' });
  const ready = (count: number) =>
    cluster.waitFor(`${count} pods`, async () => {
      return at(await mustRead(cluster, grown), 'status', 'readyReplicas') === count;
    });
  const scaled = (replicas: number): Change => ({
    verb: 'patch',
    patchType: 'merge',
    patch: { spec: { replicas } },
  });
  await ready(2);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, grown, scaled(4));
  await ready(4);
  // Lets the fence pass, and refuses the restore.
  const only = `${NO_REHEARSAL} && oldObject != null && object.spec != oldObject.spec`;
  const remove = await webhookDies(cluster, namespace, 'grown', 'apps', 'deployments', { only });
  await realWritesFail(probe);
  await bench.step(transaction, grown, scaled(5)).catch(() => undefined);

  const { transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  const ours = readAuditLog(cluster).filter(
    (entry) => entry.namespace === namespace && entry.requestUri.includes('stratus'),
  );
  // Both were there: else there would be nothing to take off.
  expect(ours.filter(({ raw }) => idOf(raw).endsWith('-fence'))).not.toEqual([]);
  expect(ours.filter(({ resource }) => resource === 'pods').length).toBeGreaterThanOrEqual(2);
  const pods = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dgrown`;
  const { json } = await cluster.request('GET', pods);
  expect(objectsOf(json.items)).toHaveLength(4);
  expect(JSON.stringify(json)).not.toContain('pod-deletion-cost');
  expect((await mustRead(cluster, grown)).metadata.labels).not.toHaveProperty([FENCE_LABEL]);

  await remove();
  await cluster.waitFor('the webhook to be gone', async () => {
    const body = { spec: { minReadySeconds: 99 } };
    return (await cluster.request('PATCH', urlOf(probe), body, { allow: [500] })).status === 200;
  });
  await bench.aborted(transaction);
  await ready(2);
});

test('a fence that gets no clear answer does not hold up the other objects', {
  timeout: 180_000,
}, async () => {
  const [hung, quick, probe] = [settings('hung'), settings('quick'), settings('hung-probe')];
  for (const ref of [hung, probe]) await make(ref, { data: { mode: 'old' } }, { [LABEL]: 'hung' });
  await make(quick, { data: { mode: 'old' } });
  const before = await mustRead(cluster, quick);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, quick, mode('ours'));
  const death = { url: await silence(), timeoutSeconds: 3, only: NO_REHEARSAL };
  await webhookDies(cluster, namespace, 'hung', '', 'configmaps', death);
  await realWritesFail(probe);
  await bench.step(transaction, hung, mode('ours')).catch(() => undefined);

  const { transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(view.steps.map(({ state }) => state)).toEqual(['UNDONE', 'UNKNOWN']);
  expectRestored(before, await read(cluster, quick));
  const log = readAuditLog(cluster).filter((entry) => entry.namespace === namespace);
  const restored = log.findIndex(
    ({ name, raw }) => name === 'quick' && idOf(raw).endsWith('-restore'),
  );
  expect(restored).toBeGreaterThan(0);
  const fences = log
    .slice(0, restored)
    .filter(({ name, raw }) => name === 'hung' && idOf(raw).endsWith('-fence'));
  // Of 3 s each, with 5 s for an object: two, and not the eight of a server that answers at once.
  expect(fences.length).toBeLessThan(4);
});
