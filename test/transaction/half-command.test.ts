import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { at } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import type { PlannedWrite, StepResult } from '../../src/transaction/types.ts';
import { useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  mustRead,
  read,
  urlOf,
  useBench,
  writeAs,
} from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

/** A resource whose number can only grow: the change is accepted, its undo isn't. */
const RATCHETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ratchets.transaction.example.com' },
  spec: {
    group: 'transaction.example.com',
    scope: 'Namespaced',
    names: { plural: 'ratchets', singular: 'ratchet', kind: 'Ratchet', listKind: 'RatchetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  n: {
                    type: 'integer',
                    'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

beforeAll(async () => {
  namespace = await cluster.namespace('half-command');
  await cluster.apply(RATCHETS);
});

const configMap = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const create = (ref: ObjectRef): Change => ({
  verb: 'create',
  manifest: full({ data: { mode: 'ours' } }, ref),
});
const grow: Change = { verb: 'patch', patchType: 'merge', patch: { spec: { n: 2 } } };
const mode = (value: string): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch: { data: { mode: value } },
});

async function ratchet(name: string): Promise<ObjectRef> {
  const ref = { apiVersion: 'transaction.example.com/v1', kind: 'Ratchet', namespace, name };
  await createAs(cluster, 'kubectl-create', ref, full({ spec: { n: 1 } }, ref));
  return ref;
}

/** One command that writes several objects, in this order. */
function command(
  transaction: string,
  ...writes: readonly [ObjectRef, Change][]
): Promise<StepResult> {
  const planned = writes.map(
    ([object, change]) =>
      ({ object, kubectl: 'kubectl', summary: 'a change', ...change }) as PlannedWrite,
  );
  const request = { tool: 'mitigate_apply', reads: [], plan: () => planned };
  return bench.engine.step(transaction, request, CALLER);
}

const statesOf = (transaction: string) =>
  bench.engine.view(transaction).steps.map(({ object, state }) => `${object.name} ${state}`);

test('the second object is refused: the first is taken back, and the transaction goes on', async () => {
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace } };
  // Kubernetes puts one of its own into every namespace.
  const kept = await cluster.waitFor('the first ConfigMap', async () => {
    const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/configmaps`);
    return Array.isArray(json.items) && json.items.length;
  });
  const room = kept + 1;
  const hard = { 'count/configmaps': `${room}` };
  await cluster.apply({ ...quota, spec: { hard } });
  const path = `/api/v1/namespaces/${namespace}/resourcequotas/q`;
  onTestFinished(async () => void (await cluster.request('DELETE', path)));
  const counted = () =>
    cluster.waitFor('the quota to count', async () => {
      const { json } = await cluster.request('GET', path);
      return at(json, 'status', 'used', 'count/configmaps') === `${kept}`;
    });
  await counted();
  const [one, two] = [configMap('one'), configMap('two')];
  const transaction = await bench.begun(namespace);
  await expect(command(transaction, [one, create(one)], [two, create(two)])).rejects.toThrow(
    /exceeded quota/,
  );
  expect(await read(cluster, one)).toBeUndefined();
  expect(await read(cluster, two)).toBeUndefined();
  expect(statesOf(transaction)).toEqual(['one UNDONE', 'two REJECTED']);

  // What is gone is given back to the quota by its controller, in its own time.
  await counted();
  await command(transaction, [one, create(one)]);
  const committed = await bench.engine.commit(transaction, { waitMs: 30_000 });
  expect(committed.kind).toBe('committed');
});

test('what can not be taken back ends the transaction; a person can accept what is left', async () => {
  const [first, stuck] = [configMap('first'), await ratchet('stuck')];
  const transaction = await bench.begun(namespace);
  const failed = await command(transaction, [first, create(first)], [stuck, grow]).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: 'undo_conflict', changed: 'something' });
  const { message } = failed as Error;
  expect(message).toContain('self >= oldSelf');
  expect(message).toContain(`Ratchet ${namespace}/stuck (UNDO_IMPOSSIBLE)`);
  expect(message).toContain(`${transaction} is aborted`);
  expect(await read(cluster, first)).toBeUndefined();
  expect(Number(at(await mustRead(cluster, stuck), 'spec', 'n'))).toBe(2);
  expect(statesOf(transaction)).toEqual(['first UNDONE', 'stuck UNDO_IMPOSSIBLE']);
  expect(bench.engine.view(transaction).state).toBe('ABORT_INCOMPLETE');

  const commit = await bench.engine.commit(transaction, { waitMs: 1_000 });
  expect(commit).toMatchObject({ kind: 'undone', undo: { complete: false } });
  await expect(bench.begin(namespace)).rejects.toMatchObject({ code: 'recovery_pending' });
  const accepted = await bench.engine.accept(transaction, 'two is fine', CALLER);
  expect(accepted).toMatchObject({
    state: 'ABORTED',
    outcome: expect.stringMatching(/two is fine/),
  });
  await bench.aborted(await bench.begun(namespace));
});

test('a command that undo_last could not take back: nothing is added, nothing is kept', async () => {
  const [ref, other] = [configMap('contested'), configMap('other')];
  await createAs(cluster, 'kubectl-create', ref, full({ data: { mode: 'old' } }, ref));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  expect((await bench.engine.undoLast(transaction, CALLER)).undo.complete).toBe(false);

  const refusal = { code: 'transaction_state', message: expect.stringContaining('contested') };
  await expect(bench.step(transaction, other, create(other))).rejects.toMatchObject(refusal);
  const commit = bench.engine.commit(transaction, { waitMs: 30_000 });
  await expect(commit).rejects.toMatchObject(refusal);
  expect(bench.engine.view(transaction).state).toBe('OPEN');
  expect(await read(cluster, other)).toBeUndefined();

  await cluster.request('DELETE', urlOf(ref));
  await createAs(cluster, 'kubectl-create', ref, full({ data: { mode: 'old' } }, ref));
  const { transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
});
