import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { undoHistory } from '../../src/undo/history.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import {
  anyOfTheirs,
  anyThing,
  combine,
  expectSame,
  sorted,
  THING,
  withoutEmpty,
} from './thing.ts';

const RUNS = { numRuns: 1_000 };

describe('several writes of ours', () => {
  const updates = (states: readonly JsonObject[], seen = true) =>
    states.slice(1).flatMap((post, i) => {
      const pre = states[i];
      const last = i === states.length - 2;
      return pre === undefined ? [] : [{ pre, post, seen: seen || !last }];
    });
  const chain = fc.array(anyThing, { minLength: 2, maxLength: 5 });

  test('are all taken out at once, and taking them out again changes nothing', () => {
    fc.assert(
      fc.property(chain, (states) => {
        for (const now of [states.at(-1), states[0]]) {
          const { value, conflicts } = undoHistory(updates(states), now, THING);
          expect(conflicts).toEqual([]);
          expectSame(value, states[0]);
        }
      }),
      RUNS,
    );
  });

  test('of which the last may not have happened', () => {
    fc.assert(
      fc.property(chain, (states) => {
        for (const now of [states.at(-1), states.at(-2), states[0]]) {
          const { value, conflicts } = undoHistory(updates(states, false), now, THING);
          expect(conflicts).toEqual([]);
          expectSame(value, states[0]);
        }
      }),
      RUNS,
    );
  });

  test('of which the last, which may not have happened, puts back what was before', () => {
    const [a, b] = [{ labels: { x: '1' } }, { labels: { x: '2' } }];
    const history = [
      { pre: a, post: b, seen: true },
      { pre: b, post: a, seen: false },
    ];
    for (const now of [a, b]) {
      expect(undoHistory(history, now, unknownShape)).toEqual({ value: a, conflicts: [] });
    }
  });

  test('with writes of others between them, which are kept', () => {
    fc.assert(
      fc.property(
        fc.tuple(anyThing, anyThing, anyThing),
        fc.tuple(anyOfTheirs, anyOfTheirs, anyOfTheirs),
        ([a, b, c], [x, y, z]) => {
          const history = [
            { pre: combine(a, x), post: combine(b, x), seen: true },
            { pre: combine(b, y), post: combine(c, y), seen: true },
          ];
          const expected = sorted(withoutEmpty(combine(a, z)));
          const undone = undoHistory(history, combine(c, z), THING);
          expect(undone.conflicts).toEqual([]);
          expectSame(sorted(withoutEmpty(undone.value as JsonObject)), expected);
          const again = undoHistory(history, undone.value, THING);
          expect(again.conflicts).toEqual([]);
          expectSame(again.value, undone.value);
        },
      ),
      RUNS,
    );
  });

  test('and somebody else over the first: a conflict until they put it back', () => {
    const count = (n: number) => ({ count: n });
    const history = [
      { pre: count(1), post: count(2), seen: true },
      { pre: count(7), post: count(3), seen: true },
    ];
    expect(undoHistory(history, count(3), THING).conflicts).toMatchObject([
      { path: ['count'], before: 1, ours: 2, now: 7 },
    ]);
    expect(undoHistory(history, count(1), THING)).toEqual({ value: count(1), conflicts: [] });
  });
});
