import fc from 'fast-check';
import { expect, test } from 'vitest';
import { desiredReplicas, type KubeObject } from '../../src/core/kube.ts';
import { mayLowerReplicas } from '../../src/undo/replicas.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { undoTarget } from '../../src/undo/target.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { configMap, owns } from './objects.ts';

const anyCount = fc.integer({ min: 0, max: 4 });
const anyManager = fc.constantFrom('stratus-mcp', 'kubectl-edit', 'kube-controller-manager');

function sized(replicas: number, manager = 'stratus-mcp', uid = 'uid-1'): KubeObject {
  const holder = { ...owns(manager, []), fieldsV1: { 'f:spec': { 'f:replicas': {} } } };
  return configMap({}, { uid, managedFields: [holder] }, { spec: { replicas } });
}

/** Our writes in a row, each from a count to a count: between two of them anybody may have scaled. */
const anySteps = fc
  .record({
    counts: fc.array(fc.tuple(anyCount, anyCount), { minLength: 1, maxLength: 4 }),
    lastSeen: fc.boolean(),
    ending: fc.constantFrom('none', 'deleted', 'made again'),
  })
  .map(({ counts, lastSeen, ending }): UndoStep[] => {
    const step = { verb: 'patch', postUid: 'uid-1' } as const;
    const steps = counts.map(([from, to], i): UndoStep => {
      const isSeen = lastSeen || i < counts.length - 1;
      const [pre, post] = [sized(from), sized(to)];
      const intentId = `intent-${i + 1}`;
      return { ...step, seq: i + 1, intentId, pre, post, postUid: isSeen ? 'uid-1' : undefined };
    });
    const pre = steps.at(-1)?.post;
    if (ending === 'none') return steps;
    const postUid = ending === 'made again' ? 'uid-2' : undefined;
    const gone = { seq: 9, intentId: 'gone', pre, post: undefined, postUid, restoring: true };
    return [...steps, { ...gone, verb: 'delete' }];
  });

const anyWorld = fc.record({
  steps: anySteps,
  now: fc.tuple(anyCount, anyManager, fc.constantFrom('uid-1', 'uid-2')),
  how: fc.constantFrom(undefined, 'force' as const, 'keep_theirs' as const),
  covers: fc.boolean(),
});

test('an undo that lowers the count is one that was told to be able to', () => {
  let lowering = 0;
  fc.assert(
    fc.property(anyWorld, ({ steps, now: [count, manager, uid], how, covers }) => {
      const now = sized(count, manager, uid);
      const resolution = how && { how, covers: () => covers };
      const target = undoTarget(steps, now, unknownShape, { hasStatus: true }, resolution);
      if (target.kind !== 'replace' || desiredReplicas(target.object) >= count) return;
      lowering += 1;
      expect(mayLowerReplicas({ steps, ...(resolution && { resolution }) })).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(lowering).toBeGreaterThan(50);
});

test('of taking a scale-down back nobody expects it, but where a person decided', () => {
  const images = { pre: sized(5), post: sized(2) };
  const steps: UndoStep[] = [
    { seq: 1, verb: 'patch', intentId: 'intent-1', ...images, postUid: 'uid-1' },
  ];
  expect(mayLowerReplicas({ steps })).toBe(false);
  expect(mayLowerReplicas({ steps, resolution: { how: 'force', covers: () => true } })).toBe(true);
});
