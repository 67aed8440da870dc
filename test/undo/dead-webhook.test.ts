import { beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { leftPayload } from '../../src/tools/transaction/left.ts';
import { answers, LABEL, webhookDies } from '../cluster/dead-webhook.ts';
import { at, useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  expectRestored,
  mustRead,
  read,
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

async function make(ref: ObjectRef, of: JsonObject, labels: JsonObject = {}): Promise<void> {
  const manifest = full(of, ref);
  const metadata = { ...(manifest.metadata as JsonObject), labels };
  await createAs(cluster, 'kubectl-create', ref, { ...manifest, metadata });
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
  const web: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' };
  const labels = { app: 'web' };
  const containers = [{ name: 'web', image: 'local/web:1' }];
  const spec = {
    replicas: 0,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  };
  await make(web, { spec }, { [LABEL]: 'web' });
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
