import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalJson, type Json, parseJson } from '../../src/core/json.ts';
import { type FieldPath, formatFieldPath, parseFieldPath } from '../../src/policy/field-path.ts';
import { diffPaths } from '../../src/undo/diff.ts';
import { formatPath, type Path, type Segment } from '../../src/undo/path.ts';
import { shapeOf, unknownShape } from '../../src/undo/shape.ts';
import { anyThing, DOCUMENT, THING } from './thing.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '0',
    '-1',
    '$ref',
    'a.b',
    'example.com/a',
    '*',
    '**',
    'a b',
    '"',
    '\\',
    '[x]',
    '=',
  ),
);
const name = fc.constantFrom('name', 'port', 'protocol', 'containerPort');
const value = fc.oneof(text, fc.integer(), fc.boolean());
const segment: fc.Arbitrary<Segment> = fc.oneof(
  text,
  fc.dictionary(name, value, { minKeys: 1 }).map((keys) => ({ keys: { ...keys } })),
  value.map((it) => ({ value: it })),
);
const path: fc.Arbitrary<Path> = fc.array(segment, { minLength: 1, maxLength: 6 });

/** The same path in the policy's own terms. */
function policyPath(segments: Path): FieldPath {
  return segments.map((it) => {
    if (typeof it === 'string') return { kind: 'key', key: it };
    if ('keys' in it) {
      return { kind: 'element', keys: Object.entries(it.keys).map(([k, v]) => [k, String(v)]) };
    }
    return { kind: 'element', keys: [['', String(it.value)]] };
  });
}

test('a policy reads the paths of a change as what they are, and writes them alike', () => {
  fc.assert(
    fc.property(path, (segments) => {
      const written = formatPath(segments);
      expect(parseFieldPath(written)).toEqual(policyPath(segments));
      expect(written).toBe(formatFieldPath(policyPath(segments)));
    }),
    { numRuns: 2_000 },
  );
});

describe('the leaves at which two objects differ', () => {
  test('none exactly when they are equal', () => {
    fc.assert(
      fc.property(anyThing, anyThing, (a, b) => {
        expect(diffPaths(a, b, THING).length === 0).toBe(equalJson(a, b));
        expect(diffPaths(a, b, unknownShape).length === 0).toBe(equalJson(a, b));
        expect(diffPaths(a, a, THING)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('the same both ways, none twice', () => {
    fc.assert(
      fc.property(anyThing, anyThing, (a, b) => {
        const there = diffPaths(a, b, THING).map(formatPath);
        const back = diffPaths(b, a, THING).map(formatPath);
        expect([...back].sort()).toEqual([...there].sort());
        expect(new Set(there).size).toBe(there.length);
      }),
      { numRuns: 500 },
    );
  });

  const from = (before: string, after: string) =>
    diffPaths(parseJson(before), parseJson(after), THING).map(formatPath);

  test.each([
    ['a value', '{"count":1}', '{"count":2}', ['count']],
    [
      'a label in, a label out',
      '{"labels":{"a":"1"}}',
      '{"labels":{"b/c":"1"}}',
      ['labels.a', 'labels["b/c"]'],
    ],
    ['an added map, leaf by leaf', '{}', '{"labels":{"a":"1","b":"2"}}', ['labels.a', 'labels.b']],
    ['an empty map', '{}', '{"labels":{}}', ['labels']],
    ['null is something', '{"count":null}', '{}', ['count']],
    [
      'an element of a keyed list, leaf by leaf',
      '{"ports":[]}',
      '{"ports":[{"port":80,"protocol":"TCP"}]}',
      ['ports[port=80,protocol=TCP].port', 'ports[port=80,protocol=TCP].protocol'],
    ],
    [
      'inside an element, after an insert in front of it',
      '{"ports":[{"port":80,"note":"a"}]}',
      '{"ports":[{"port":79},{"port":80,"note":"b"}]}',
      ['ports[port=80].note', 'ports[port=79].port'],
    ],
    [
      'a new order',
      '{"ports":[{"port":1},{"port":2}]}',
      '{"ports":[{"port":2},{"port":1}]}',
      ['ports'],
    ],
    ['a set', '{"tags":["a"]}', '{"tags":["b","c d"]}', ['tags[=a]', 'tags[=b]', 'tags[="c d"]']],
    ['an atomic list', '{"args":["a"]}', '{"args":["a","b"]}', ['args']],
    ['an atomic map', '{"selector":{"a":"1"}}', '{"selector":{"a":"2"}}', ['selector']],
    [
      'elements without their keys are one list',
      '{"ports":[{"note":"a"}]}',
      '{"ports":[{"note":"b"}]}',
      ['ports'],
    ],
    ['a large number', '{"count":9007199254740993}', '{"count":9007199254740992}', ['count']],
    [
      'a key that every object answers to',
      '{"labels":{}}',
      '{"labels":{"constructor":"x"}}',
      ['labels.constructor'],
    ],
  ])('%s', (_what, before, after, paths) => {
    expect(from(before, after)).toEqual(paths);
  });
});

describe('the shape of a kind', () => {
  const of = (...fields: string[]) =>
    fields.reduce((shape, field) => (field === '[]' ? shape.element() : shape.field(field)), THING);

  test.each([
    ['an object', [], 'granular'],
    ['a map', ['labels'], 'granular'],
    ['a list-type=set', ['tags'], 'set'],
    ['a list-type=atomic', ['args'], 'atomic'],
    ['a list without hints', ['plain'], 'atomic'],
    ['a map-type=atomic behind a reference', ['selector'], 'atomic'],
    ['a list-type=map', ['ports'], 'keyed-list'],
    ['a map inside of its elements', ['ports', '[]', 'labels'], 'granular'],
    ['what the document does not know', ['nope', 'deeper'], 'granular'],
  ])('%s', (_what, fields, kind) => {
    expect(of(...fields).kind).toBe(kind);
  });

  test('keys of a keyed list, in the order of the schema', () => {
    expect(of('ports').keys).toEqual(['port', 'protocol']);
  });

  test('another group, version or kind is unknown: lists are one unit', () => {
    const found = (gvk: { group: string; version: string; kind: string }, document: Json) =>
      shapeOf(document as never, gvk);
    const gvk = { group: 'example.com', version: 'v1', kind: 'Thing' };
    expect(found(gvk, DOCUMENT)).not.toBe(unknownShape);
    expect(found({ ...gvk, version: 'v2' }, DOCUMENT)).toBe(unknownShape);
    expect(found({ ...gvk, group: '' }, DOCUMENT)).toBe(unknownShape);
    expect(found({ ...gvk, kind: 'Other' }, DOCUMENT)).toBe(unknownShape);
    expect(shapeOf(undefined, gvk)).toBe(unknownShape);
  });

  test('a schema that refers to itself ends', () => {
    const schema = {
      'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Loop' }],
      $ref: '#/components/schemas/loop',
    };
    const shape = shapeOf(
      { components: { schemas: { loop: schema } } },
      { group: '', version: 'v1', kind: 'Loop' },
    );
    expect(shape.field('a').field('b').kind).toBe('granular');
  });
});
