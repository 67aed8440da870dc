import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at, equalJson, type Json, type JsonObject, parseJson } from '../../src/core/json.ts';
import { diffPaths } from '../../src/undo/diff.ts';
import { mergeUndo } from '../../src/undo/merge.ts';
import { formatPath } from '../../src/undo/path.ts';
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

describe('laws of the three-way undo', () => {
  test('alone, it gives the object before us, byte for byte', () => {
    fc.assert(
      fc.property(anyThing, anyThing, (pre, post) => {
        const { value, conflicts } = mergeUndo(pre, post, post, THING);
        expect(conflicts).toEqual([]);
        expectSame(value, pre);
      }),
      RUNS,
    );
  });

  test('where our write never landed, nothing changes', () => {
    fc.assert(
      fc.property(anyThing, anyThing, (pre, post) => {
        const { value, conflicts } = mergeUndo(pre, post, pre, THING);
        expect(conflicts).toEqual([]);
        expectSame(value, pre);
      }),
      RUNS,
    );
  });

  test('where we changed nothing, what others did stays', () => {
    fc.assert(
      fc.property(anyThing, anyThing, (pre, now) => {
        expectSame(mergeUndo(pre, pre, now, THING).value, now);
      }),
      RUNS,
    );
  });

  test('what others wrote elsewhere meanwhile is kept, ours goes', () => {
    const histories = fc.tuple(anyThing, anyThing, anyOfTheirs, anyOfTheirs);
    fc.assert(
      fc.property(histories, ([before, ours, theirsThen, theirsNow]) => {
        const pre = combine(before, theirsThen);
        const post = combine(ours, theirsThen);
        const now = combine(ours, theirsNow);
        const { value, conflicts } = mergeUndo(pre, post, now, THING);
        expect(conflicts).toEqual([]);
        const expected = withoutEmpty(combine(before, theirsNow));
        const result = withoutEmpty(value as JsonObject);
        expectSame(sorted(result), sorted(expected));
        // Each party's own order is as that party had it.
        for (const part of [before, theirsNow] as JsonObject[]) {
          for (const list of ['tags', 'ports']) {
            const kept = (result[list] ?? []) as Json[];
            const mine = (part[list] ?? []) as Json[];
            expectSame(
              kept.filter((element) => mine.some((it) => equalJson(it, element))),
              mine,
            );
          }
        }
      }),
      RUNS,
    );
  });

  test('any history: no path of ours survives unseen, no path of others is lost', () => {
    fc.assert(
      fc.property(anyThing, anyThing, anyThing, (pre, post, now) => {
        const { value, conflicts } = mergeUndo(pre, post, now, THING);
        if (conflicts.length > 0) {
          for (const { before, ours, now: present } of conflicts) {
            expect(equalJson(ours, present)).toBe(false);
            expect(equalJson(before, present)).toBe(false);
            expect(equalJson(before, ours)).toBe(false);
          }
          return;
        }
        const ours = new Set(diffPaths(pre, post, THING).map(formatPath));
        const left = diffPaths(pre, value, THING).map(formatPath);
        const theirs = diffPaths(post, now, THING).map(formatPath);
        // What still differs from the object before us is somebody else's doing.
        for (const path of left) expect(theirs.some((it) => related(it, path))).toBe(true);
        for (const path of diffPaths(now, value, THING).map(formatPath)) {
          expect([...ours].some((it) => related(it, path))).toBe(true);
        }
        const again = mergeUndo(pre, post, value, THING);
        expect(again.conflicts).toEqual([]);
        expectSame(again.value, value);
      }),
      { numRuns: 3_000 },
    );
  });

  test('a path changed by both is a conflict with all three values', () => {
    const distinct = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', ''), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(distinct, anyOfTheirs, ([before = '', ours = '', theirs = ''], others) => {
        const labelled = (app: string) => combine({ labels: { app } }, others);
        const merged = mergeUndo(labelled(before), labelled(ours), labelled(theirs), THING);
        expect(merged.conflicts).toEqual([{ path: ['labels', 'app'], before, ours, now: theirs }]);
        expectSame(merged.value, labelled(theirs));
      }),
      RUNS,
    );
  });
});

describe('keyed lists', () => {
  const list = (...names: string[]): JsonObject => ({
    ports: names.map((name) => ({ port: name.charCodeAt(0), protocol: 'TCP', note: name })),
  });
  const notes = (value: Json | undefined) =>
    (at(value, 'ports') as JsonObject[]).map((it) => it.note).join('');

  test.each([
    ['an element we inserted goes, order kept', 'AB', 'AXB', 'AXB', 'AB'],
    ['ours goes, theirs stays where they put it', 'AB', 'AXB', 'AXTB', 'ATB'],
    ['theirs in front stays in front', 'AB', 'ABX', 'TABX', 'TAB'],
    ['one we removed comes back in its place', 'ABC', 'AC', 'AC', 'ABC'],
    ['and also beside what they appended', 'ABC', 'AC', 'ACT', 'ABCT'],
    ['what they removed stays removed', 'ABC', 'ABCX', 'ACX', 'AC'],
    ['our new order goes back', 'ABC', 'CBA', 'CBA', 'ABC'],
    ['their new order stays', 'ABC', 'ABCX', 'CXBA', 'CBA'],
  ])('%s', (_what, pre, post, now, expected) => {
    const merged = mergeUndo(list(...pre), list(...post), list(...now), THING);
    expect(merged.conflicts).toEqual([]);
    expect(notes(merged.value)).toBe(expected);
  });

  test('an order that both changed is a conflict; that of a set means nothing', () => {
    const merged = mergeUndo(list(...'ABC'), list(...'CBA'), list(...'BAC'), THING);
    expect(merged.conflicts.map(({ path }) => formatPath(path))).toEqual(['ports']);
    const tags = (text: string) => ({ tags: [...text] });
    expect(mergeUndo(tags('ABC'), tags('CBA'), tags('BAC'), THING).conflicts).toEqual([]);
  });

  test('an edit inside an element that we added is a conflict, for the element as a whole', () => {
    const now = { ports: [{ port: 65, protocol: 'TCP', note: 'theirs' }] };
    const merged = mergeUndo({ ports: [] }, list('A'), now, THING);
    expect(merged.conflicts.map(({ path }) => formatPath(path))).toEqual([
      'ports[port=65,protocol=TCP]',
    ]);
    expect(merged.value).toEqual(now);
  });

  test('an edit inside an element that we removed and they recreated is a conflict', () => {
    const merged = mergeUndo(
      list('A'),
      { ports: [] },
      { ports: [{ port: 65, protocol: 'TCP', note: 'new' }] },
      THING,
    );
    expect(merged.conflicts).toHaveLength(1);
  });

  test('a list with a name twice is one unit', () => {
    const merged = mergeUndo(list('A', 'A'), list('A'), list('A', 'B'), THING);
    expect(merged.conflicts.map(({ path }) => formatPath(path))).toEqual(['ports']);
  });
});

test('atomic lists and maps are one unit, and so are lists of an unknown schema', () => {
  const args = (...values: string[]) => ({ args: values });
  expect(mergeUndo(args('a'), args('a', 'b'), args('a', 'b', 'c'), THING).conflicts).toHaveLength(
    1,
  );
  const selector = (value: JsonObject) => ({ selector: value });
  const both = { app: 'web', tier: 'front' };
  const merged = mergeUndo(
    selector({ app: 'web' }),
    selector({ app: 'typo' }),
    selector(both),
    THING,
  );
  expect(merged.conflicts.map(({ path }) => formatPath(path))).toEqual(['selector']);
  const unknown = mergeUndo(
    { tags: ['a'] },
    { tags: ['a', 'b'] },
    { tags: ['b', 'a'] },
    unknownShape,
  );
  expect(unknown.conflicts).toHaveLength(1);
});

test('numbers beyond 2^53 are neither rounded nor taken for each other', () => {
  const [pre, post, now] = [
    '{"free":{"a":9007199254740993,"b":1}}',
    '{"free":{"a":9007199254740995,"b":1}}',
    '{"free":{"a":9007199254740995,"b":2}}',
  ].map(parseJson);
  const merged = mergeUndo(pre, post, now, THING);
  expect(merged.conflicts).toEqual([]);
  expectSame(merged.value, parseJson('{"free":{"a":9007199254740993,"b":2}}'));
  const conflict = mergeUndo(pre, post, parseJson('{"free":{"a":9007199254740992,"b":1}}'), THING);
  expect(conflict.conflicts).toHaveLength(1);
});

/** One path lies above the other or is it. */
function related(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return (
    short === '' ||
    long === short ||
    (/^[.[]/.test(long.slice(short.length)) && long.startsWith(short))
  );
}
