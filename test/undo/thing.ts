import fc from 'fast-check';
import { expect } from 'vitest';
import { equalJson, type Json, type JsonObject } from '../../src/core/json.ts';
import type { Shape } from '../../src/undo/shape.ts';
import { shapeOf } from '../../src/undo/shape.ts';

/** An OpenAPI document as the API server publishes it, with every merge hint there is. */
export const DOCUMENT: JsonObject = {
  components: {
    schemas: {
      'example.v1.Thing': {
        type: 'object',
        'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Thing' }],
        properties: {
          count: { type: 'integer' },
          labels: { type: 'object', additionalProperties: { type: 'string', default: '' } },
          tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
          args: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
          plain: { type: 'array', items: { type: 'string' } },
          selector: {
            allOf: [{ $ref: '#/components/schemas/example.v1.Selector' }],
            default: {},
          },
          ports: {
            type: 'array',
            items: { allOf: [{ $ref: '#/components/schemas/example.v1.Port' }], default: {} },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['port', 'protocol'],
          },
        },
      },
      'example.v1.Selector': {
        type: 'object',
        additionalProperties: { type: 'string' },
        'x-kubernetes-map-type': 'atomic',
      },
      'example.v1.Port': {
        type: 'object',
        properties: {
          port: { type: 'integer' },
          protocol: { type: 'string' },
          note: { type: 'string' },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    },
  },
};

export const THING: Shape = shapeOf(DOCUMENT, {
  group: 'example.com',
  version: 'v1',
  kind: 'Thing',
});

/** Keys that people use, and those that JavaScript objects answer to by themselves. */
const KEYS = ['app', 'example.com/a', 'a b', '0', '1a', 'constructor', 'toString', '__proto__', ''];
const key = fc.constantFrom(...KEYS);
const word = fc.constantFrom('', 'x', 'y', 'z');
const uniqueWords = (prefix: string) =>
  fc.uniqueArray(fc.constantFrom(...['a', 'b', 'c', 'd', 'e'].map((it) => prefix + it)), {
    maxLength: 5,
  });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const mapOf = (keys: fc.Arbitrary<string>, value: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> =>
  fc
    .uniqueArray(fc.tuple(keys, value), { selector: ([name]) => name, maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));

const scalar = fc.constantFrom<Json>(1, 2, null, true, 'x', '');
const anything: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(scalar, { maxLength: 2 }),
    mapOf(key, tie('value')),
  ),
})).value;

function port(numbers: readonly number[]): fc.Arbitrary<JsonObject> {
  return fc
    .record({
      port: fc.constantFrom(...numbers),
      protocol: fc.constantFrom('TCP', 'UDP'),
      note: maybe(word),
      labels: maybe(mapOf(key, word)),
    })
    .map((entry) => withoutUndefined(entry));
}

const ports = (numbers: readonly number[]) =>
  fc.uniqueArray(port(numbers), {
    selector: (entry) => `${entry.port}/${entry.protocol}`,
    maxLength: 4,
  });

function thing(prefix: string, numbers: readonly number[]): fc.Arbitrary<JsonObject> {
  const keys = key.map((name) => (prefix === '' ? name : `${prefix}${name}`));
  return fc
    .record({
      [`${prefix}count`]: maybe(scalar),
      labels: maybe(mapOf(keys, word)),
      tags: maybe(uniqueWords(prefix)),
      [`${prefix}args`]: maybe(fc.array(word, { maxLength: 3 })),
      [`${prefix}plain`]: maybe(fc.array(word, { maxLength: 3 })),
      [`${prefix}selector`]: maybe(mapOf(keys, word)),
      ports: maybe(ports(numbers)),
      [`${prefix}free`]: maybe(anything),
    })
    .map((entry) => withoutUndefined(entry));
}

/** An object of the schema above; lists of everything else too, whose shape nobody knows. */
export const anyThing = thing('', [1, 2, 3]);
/** The part of an object that only somebody else writes: no key, port or tag of it is in `anyThing`. */
export const anyOfTheirs = thing('their-', [8, 9]).map((value) => ({
  ...value,
  // They don't reorder what is there: an order is one value, and its law is another test.
  ...(value.tags === undefined ? {} : { tags: inOrder(value.tags) }),
  ...(value.ports === undefined ? {} : { ports: inOrder(value.ports) }),
}));

/** One object of both parts; its lists hold our elements before theirs. */
export function combine(ours: JsonObject, theirs: JsonObject): JsonObject {
  const joined: JsonObject = { ...ours, ...theirs };
  for (const list of ['tags', 'ports'])
    if (ours[list] && theirs[list])
      joined[list] = [...(ours[list] as Json[]), ...(theirs[list] as Json[])];
  if (ours.labels && theirs.labels)
    joined.labels = Object.fromEntries([
      ...Object.entries(ours.labels as JsonObject),
      ...Object.entries(theirs.labels as JsonObject),
    ]);
  return joined;
}

/** Empty containers beside the same without: whose emptiness it is isn't said by either part. */
export function withoutEmpty(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, it]) =>
        !['labels', 'tags', 'ports'].includes(name) || Object.keys(it as object).length > 0,
    ),
  );
}

/** Lists in an order that doesn't depend on how they came about. */
export function inOrder(list: Json): Json[] {
  const text = (it: Json) => {
    const { port, protocol } = it as JsonObject;
    return port === undefined ? JSON.stringify(it) : `${port}/${protocol}`;
  };
  return [...(list as Json[])].sort((a, b) => text(a).localeCompare(text(b)));
}

function withoutUndefined(value: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, it]) => it !== undefined));
}

/** Equal, with the order of lists; keys such as __proto__ count. */
export function expectSame(actual: Json | undefined, expected: Json | undefined): void {
  if (equalJson(actual, expected)) return;
  expect(JSON.stringify(actual)).toBe(JSON.stringify(expected));
  expect(actual).toEqual(expected);
}

/** Lists of both parts in an order that doesn't depend on who came first. */
export function sorted(value: JsonObject): JsonObject {
  const copy: JsonObject = { ...value };
  for (const list of ['tags', 'ports'])
    if (copy[list] !== undefined) copy[list] = inOrder(copy[list]);
  return copy;
}
