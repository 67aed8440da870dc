import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { losesData } from '../../src/undo/data-guard.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { type Target, undoTarget } from '../../src/undo/target.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { object } from './objects.ts';

const RULES = { hasStatus: true };

interface Given {
  readonly replicas: number;
  readonly whenScaled?: string;
  readonly whenDeleted?: string;
  readonly start?: number;
  /** How many pods there are. */
  readonly pods?: number;
  readonly claims?: boolean;
  readonly uid?: string;
}

function set(given: Given): KubeObject {
  const { replicas, whenScaled = 'Delete', whenDeleted = 'Retain', uid = 'old' } = given;
  const spec: JsonObject = {
    replicas,
    persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
    volumeClaimTemplates: given.claims === false ? [] : [{ metadata: { name: 'data' } }],
    ...(given.start === undefined ? {} : { ordinals: { start: given.start } }),
  };
  return object('StatefulSet', { spec, status: { replicas: given.pods ?? replicas } }, { uid });
}

const patched = (seq: number, pre: KubeObject, post: KubeObject): UndoStep => ({
  ...{ seq, verb: 'patch', intentId: `intent-${seq}`, pre, post, postUid: post.metadata.uid },
});
const deleted = (seq: number, pre: KubeObject): UndoStep => ({
  ...{ seq, verb: 'delete', intentId: `intent-${seq}`, pre, post: undefined, postUid: undefined },
});
const created = (seq: number, post: KubeObject): UndoStep => ({
  ...{ seq, verb: 'create', intentId: `intent-${seq}`, pre: undefined, post, postUid: 'new' },
});

/** What the undo is told of the steps, with the object as the last of them has left it. */
function guarded(steps: readonly UndoStep[], live: KubeObject | undefined, kind: Target['kind']) {
  const target = undoTarget(steps, live, unknownShape, RULES);
  expect(target.kind).toBe(kind);
  return losesData(live, target, steps, unknownShape, RULES);
}

describe('a StatefulSet that gets its old spec back', () => {
  const replaced = (before: Given, now: Given) => {
    const live = set(now);
    return guarded([patched(1, set(before), live)], live, 'replace');
  };

  test.each<[string, Given, Given]>([
    ['fewer pods', { replicas: 1 }, { replicas: 2 }],
    ['another first ordinal, higher', { replicas: 2, start: 1 }, { replicas: 2 }],
    ['another first ordinal, lower', { replicas: 2 }, { replicas: 2, start: 1 }],
    [
      'pods that are still on their way out',
      { replicas: 1 },
      { replicas: 1, whenScaled: 'Retain', pods: 2 },
    ],
  ])('is not written where its claims go: %s', (_case, before, now) => {
    expect(replaced(before, now)).toContain('whenScaled: Delete would be in force');
  });

  test.each<[string, Given, Given]>([
    ['more pods', { replicas: 2 }, { replicas: 1 }],
    ['none are there', { replicas: 1 }, { replicas: 0, start: 4 }],
    ['they are retained', { replicas: 1, whenScaled: 'Retain' }, { replicas: 2 }],
    ['it makes none', { replicas: 1, claims: false }, { replicas: 2, claims: false }],
    [
      'what is on its way out went under Delete already',
      { replicas: 1, whenDeleted: 'Delete' },
      { replicas: 1, pods: 2 },
    ],
  ])('is written where no claims go: %s', (_case, before, now) => {
    expect(replaced(before, now)).toBeUndefined();
  });
});

describe('a StatefulSet that was created', () => {
  const gone = (given: Given) => {
    const live = set({ ...given, uid: 'new' });
    return guarded([created(1, live)], live, 'delete');
  };

  test('is not deleted where its claims go with it', () => {
    expect(gone({ replicas: 1, whenDeleted: 'Delete' })).toContain('whenDeleted is Delete');
  });

  test('is deleted where they stay, or where it makes none', () => {
    expect(gone({ replicas: 2 })).toBeUndefined();
    expect(gone({ replicas: 2, whenDeleted: 'Delete', claims: false })).toBeUndefined();
  });
});

describe('a StatefulSet that was created in the place of a deleted one', () => {
  const before = set({ replicas: 2 });
  const retaining = set({ replicas: 2, whenScaled: 'Retain' });
  const instead = (replicas: number) => set({ replicas, whenScaled: 'Retain', uid: 'new' });

  test('is not deleted where the one that comes back would scale its pods away', () => {
    const steps = [deleted(1, before), created(2, instead(4))];
    expect(guarded(steps, instead(4), 'delete')).toContain('scaled back to 2');
    const same = [deleted(1, before), created(2, instead(2))];
    expect(guarded(same, instead(2), 'delete')).toBeUndefined();
  });

  test('is compared with what comes back, not with what was deleted', () => {
    const steps = (replicas: number) => [
      patched(1, before, retaining),
      deleted(2, retaining),
      created(3, instead(replicas)),
    ];
    expect(guarded(steps(4), instead(4), 'delete')).toContain('scaled back to 2');
    expect(guarded(steps(2), instead(2), 'delete')).toBeUndefined();
  });

  test('is deleted where retention goes back to what retains', () => {
    const kept = set({ replicas: 2, whenScaled: 'Retain' });
    const steps = [patched(1, kept, before), deleted(2, before), created(3, instead(4))];
    expect(guarded(steps, instead(4), 'delete')).toBeUndefined();
  });

  test('is not deleted where a person has yet to decide whether the retention goes back', () => {
    const theirs = set({ replicas: 2, whenScaled: 'Theirs' });
    const steps = [patched(1, before, retaining), deleted(2, theirs), created(3, instead(4))];
    expect(undoTarget(steps, undefined, unknownShape, RULES).kind).toBe('conflict');
    expect(guarded(steps, instead(4), 'delete')).toContain('scaled back to 2');
  });

  test('is deleted where nothing comes back, because the first was created as well', () => {
    const first = { ...created(1, before), postUid: 'old' };
    const steps = [first, deleted(2, before), created(3, instead(4))];
    expect(guarded(steps, instead(4), 'delete')).toBeUndefined();
  });
});

test('what is not there, or is no StatefulSet, has no claims to lose', () => {
  const before = set({ replicas: 1 });
  expect(guarded([deleted(1, before)], undefined, 'recreate')).toBeUndefined();
  const other = (replicas: number) => ({ ...set({ replicas }), apiVersion: 'example.com/v1' });
  expect(guarded([patched(1, other(1), other(2))], other(2), 'replace')).toBeUndefined();
});
