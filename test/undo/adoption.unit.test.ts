import { expect, test } from 'vitest';
import type { LiveObject } from '../../src/cluster/types.ts';
import { StratusError } from '../../src/core/errors.ts';
import { awaitAdoption, isAdopted } from '../../src/undo/adoption.ts';
import type { Child, UndoPort } from '../../src/undo/types.ts';
import { object } from './objects.ts';

const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' };
const child: Child = {
  ref,
  uid: 'pod-1',
  reference: { kind: 'ReplicaSet', uid: 'old', controller: true },
  managedFields: [],
};

const pod = (owner?: string, more: object = {}, status: object = {}) =>
  object(
    'Pod',
    { status: { ...status } },
    {
      uid: 'pod-1',
      ...(owner ? { ownerReferences: [{ uid: owner, controller: true }] } : {}),
      ...more,
    },
  );

/** The same pod as it is at one read after the other, the last one for good; the clock only goes on by sleeping. */
function world(...states: (ReturnType<typeof pod> | StratusError)[]) {
  let reads = 0;
  let slept = 0;
  const port = {
    clock: {
      monotonic: () => slept,
      sleep: async (ms: number) => {
        slept += ms;
      },
    },
    key: async () => ({}),
    get: async () => {
      const state = states[Math.min(reads++, states.length - 1)];
      if (state instanceof StratusError) throw state;
      return state && ({ object: state, uid: state.metadata.uid } as LiveObject);
    },
  } as unknown as UndoPort;
  return { port, slept: () => slept };
}

const told = async (given: ReturnType<typeof world>) => ({
  notes: await awaitAdoption([child], 'new', given.port),
  slept: given.slept(),
});

test('nothing is waited for where all is adopted, going or ended', async () => {
  const going = pod(undefined, { deletionTimestamp: 'now' });
  const ended = pod(undefined, {}, { phase: 'Succeeded' });
  for (const state of [pod('new'), going, ended])
    expect(await told(world(state))).toEqual({ notes: [], slept: 0 });
});

test('what is gone is named at once, another of its name is not it', async () => {
  const other = object('Pod', {}, { uid: 'pod-2' });
  const notes = ['Gone since it was deleted: Pod shop/web-1.'];
  expect(await told(world(other))).toEqual({ notes, slept: 0 });
});

test('the controller is waited for, and no longer than it takes', async () => {
  expect(await told(world(pod(), pod('old'), pod('new')))).toEqual({ notes: [], slept: 150 });
});

test('what is free after ten seconds is named', async () => {
  const { notes, slept } = await told(world(pod()));
  expect(notes).toEqual([
    'No longer owned by it: Pod shop/web-1 (its controller has not adopted it).',
  ]);
  expect(slept).toBeGreaterThan(10_000);
  expect(slept).toBeLessThan(11_000);
});

test('what another controller has is named at once', async () => {
  expect(await told(world(pod('thief')))).toEqual({
    notes: ['No longer owned by it: Pod shop/web-1 (another controller has taken it).'],
    slept: 0,
  });
});

test('what may not be read is one line, and no wait; an outage is no answer', async () => {
  const forbidden = new StratusError('forbidden', 'no');
  const { notes, slept } = await told(world(forbidden));
  expect([notes.length, slept]).toEqual([1, 0]);
  const down = new StratusError('cluster_unreachable', 'down');
  await expect(told(world(down))).rejects.toThrow('down');
});

test('a child that only names its owner is given back, not waited for', () => {
  expect(isAdopted(child, 'ReplicaSet.apps')).toBe(true);
  expect(isAdopted(child, 'Job.batch')).toBe(false);
  const loose = { ...child, reference: { kind: 'ReplicaSet', uid: 'old' } };
  expect(isAdopted(loose, 'ReplicaSet.apps')).toBe(false);
});
