import { beforeAll, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { leftPayload } from '../../src/tools/transaction/left.ts';
import { convertedKind } from '../cluster/dead-conversion.ts';
import { useCluster } from '../cluster/index.ts';
import {
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
  namespace = await cluster.namespace('dead-conversion');
});

const merge = (patch: { [key: string]: { mode: string } }): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch,
});
const settings = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});

test('an object that nothing converts any more keeps no other from being taken back, and ends in a state that tells', {
  timeout: 240_000,
}, async () => {
  const { group, webhookDies, webhookIsBack } = await convertedKind(cluster, namespace);
  const thing = { apiVersion: `${group}/v2`, kind: 'Thing', namespace, name: 'used' };
  const free = settings('free');
  await createAs(cluster, 'operator', thing, full({ spec: { mode: 'old', level: 'info' } }, thing));
  await createAs(cluster, 'kubectl-create', free, full({ data: { mode: 'old' } }, free));
  const before = await mustRead(cluster, free);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, free, merge({ data: { mode: 'ours' } }));
  await bench.step(transaction, thing, merge({ spec: { mode: 'ours' } }));
  await webhookDies();

  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(undo).toMatchObject({ complete: false });
  expectRestored(before, await read(cluster, free));
  expect(view.steps.map(({ state }) => state)).toEqual(['UNDONE', 'UNDO_IMPOSSIBLE']);
  expect(leftPayload(view).needs_human).toMatchObject([
    {
      object: `Thing ${namespace}/used`,
      why: expect.stringContaining('conversion webhook'),
      resolve: expect.arrayContaining([
        expect.stringContaining(`transaction_abort with transaction "${transaction}"`),
      ]),
    },
  ]);
  await expect(bench.begin(namespace)).rejects.toMatchObject({ code: 'recovery_pending' });

  await webhookIsBack();
  // Nothing was called undone that was not.
  expect((await mustRead(cluster, thing)).spec).toEqual({ mode: 'ours', level: 'info' });
  await writeAs(cluster, 'kubectl-edit', thing, 'merge', { spec: { level: 'debug' } });
  await bench.aborted(transaction);
  expect((await mustRead(cluster, thing)).spec).toEqual({ mode: 'old', level: 'debug' });
});
