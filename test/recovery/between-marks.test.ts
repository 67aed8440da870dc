import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { startAssistant } from '../story/client.ts';
import {
  begin,
  expectChainWhole,
  expectNoMarks,
  expectRecreated,
  expectUntouched,
  kill,
  openBench,
  settled,
} from './bench.ts';

const cluster = useCluster();

const MORE_COMMANDS = fileURLToPath(new URL('../undo/policy.yaml', import.meta.url));

type Call = [tool: string, args: JsonObject];
const settings = { kind: 'ConfigMap', name: 'settings' };
const fresh = { kind: 'ConfigMap', name: 'fresh' };
const patch = (ref: JsonObject, mode: string): Call => [
  'mitigate_patch',
  { ...ref, patch: { data: { mode } } },
];

const made = (namespace: string, mode: string): Call => {
  const metadata = { name: 'settings', namespace, labels: { app: 'settings' } };
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode } };
  return ['mitigate_apply', { mode: 'create', manifest: JSON.stringify(manifest) }];
};

const FLOWS: [what: string, calls: (namespace: string) => Call[], recreated?: true][] = [
  ['changed twice', () => [patch(settings, 'slow'), patch(settings, 'off')]],
  ['changed and deleted', () => [patch(settings, 'slow'), ['mitigate_delete', settings]], true],
  [
    'created and changed',
    (namespace) => {
      const metadata = { name: 'fresh', namespace };
      const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'fast' } };
      const create: JsonObject = { mode: 'create', manifest: JSON.stringify(manifest) };
      return [['mitigate_apply', create], patch(fresh, 'slow')];
    },
  ],
];

test.each(FLOWS)(
  'an object that was %s, killed between the journal writes of its undo',
  {
    timeout: 120_000,
  },
  async (_, calls, recreated) => {
    const bench = await openBench(cluster, 'marks');
    const before = await bench.configMap('settings');
    const dying = await bench.start({ STRATUS_CRASHPOINT: 'journal.moveStep.UNDONE.before:2' });
    const transaction = await begin(dying, bench);
    const { namespace } = bench;
    for (const [tool, args] of calls(namespace)) {
      const place = tool === 'mitigate_apply' ? {} : { namespace };
      const { isError, text } = await dying.call(tool, {
        ...args,
        ...place,
        transaction,
        reason: 'test',
      });
      expect(isError, text).toBe(false);
    }
    const aborting = dying.call('transaction_abort', { transaction, reason: 'test' });
    await aborting.catch(() => undefined);
    await dying.exited;
    expect(bench.steps(transaction).map(({ state }) => state)).toContain('UNDONE');
    expect(bench.rows()).toMatchObject([{ state: 'ABORTING' }]);

    const server = await bench.start();
    await settled(server);
    expect(bench.rows()).toMatchObject([{ state: 'ABORTED' }]);
    const after = await bench.configMap('settings');
    if (recreated) expectRecreated(after, before);
    else expectUntouched(after, before);
    expect(await bench.configMap('fresh')).toBeUndefined();
    await expectNoMarks(bench);
    expectChainWhole(bench);
    await kill(server);
    bench.remove();
  },
);

test('what the undo created again is known by its uid before its field owners are restored', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'marks');
  const dying = await bench.start({ STRATUS_CRASHPOINT: 'journal.moveStep.UNDO_APPLIED.before' });
  const transaction = await begin(dying, bench);
  const place = { namespace: bench.namespace, transaction, reason: 'test' };
  await dying.call('mitigate_delete', { ...settings, ...place });
  const aborting = dying.call('transaction_abort', { transaction, reason: 'test' });
  await aborting.catch(() => undefined);
  await dying.exited;
  // By now it is not what was deleted any more, and whoever made it can only be told from its field owners.
  const path = `/api/v1/namespaces/${bench.namespace}/configmaps/settings?fieldManager=person`;
  await cluster.request('PATCH', path, { data: { mode: 'theirs' } });
  await (await bench.start({ STRATUS_CRASHPOINT: 'journal.moveStep.UNDONE.before' })).exited;

  const server = await bench.start();
  await settled(server);
  expect(bench.rows()).toMatchObject([{ state: 'ABORTED' }]);
  expect(await bench.configMap('settings')).toMatchObject({
    data: { mode: 'theirs', level: 'info' },
  });
  await expectNoMarks(bench);
  await kill(server);
  bench.remove();
});

test.each(['UNDO_APPLIED.before', 'UNDO_APPLIED.after', 'UNDONE.before'])(
  'deleted, created and deleted again, killed at %s of its undo',
  { timeout: 120_000 },
  async (where) => {
    const bench = await openBench(cluster, 'marks');
    const before = await bench.configMap('settings');
    const point = `journal.moveStep.${where}`;
    const dying = await startAssistant({
      kubeconfig: cluster.kubeconfig(),
      journal: bench.journal,
      policy: MORE_COMMANDS,
      env: { STRATUS_CRASHPOINT: point },
    });
    const transaction = await begin(dying, bench);
    const { namespace } = bench;
    const remove: Call = ['mitigate_delete', { ...settings, namespace }];
    for (const [tool, args] of [remove, made(namespace, 'other'), remove]) {
      const { isError, text } = await dying.call(tool, { ...args, transaction, reason: 'test' });
      expect(isError, text).toBe(false);
    }
    const aborting = dying.call('transaction_abort', { transaction, reason: 'test' });
    await aborting.catch(() => undefined);
    await dying.exited;

    const server = await bench.start();
    await settled(server);
    expect(bench.rows()).toMatchObject([{ state: 'ABORTED' }]);
    expectRecreated(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    await kill(server);
    bench.remove();
  },
);
