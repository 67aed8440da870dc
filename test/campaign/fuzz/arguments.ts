import fc from 'fast-check';
import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
} from '../../../src/core/json.ts';
import { hostile } from './hostile.ts';

/** Words by the name of the argument that get a call past its first checks. */
export type Words = Readonly<Record<string, readonly Json[]>>;

/** One time in forty anything at all; otherwise what the schema asks for. */
const spoilt = (fit: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 39, arbitrary: fit }, { weight: 1, arbitrary: hostile });

/** Values for a JSON Schema as tools publish it, mostly valid, with the run's own words where it has some. */
export function valueFor(schema: JsonObject, name: string, words: Words): fc.Arbitrary<unknown> {
  const known = words[name];
  const fit = fitting(schema, name, words);
  if (known === undefined) return spoilt(fit);
  return spoilt(
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fit }),
  );
}

function fitting(schema: JsonObject, name: string, words: Words): fc.Arbitrary<unknown> {
  const options = [...objectsOf(schema.anyOf), ...objectsOf(schema.oneOf)];
  if (options.length > 0) {
    return fc.oneof(...options.map((option) => fitting(option, name, words)));
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const types = arrayOf(schema.type).concat(typeof schema.type === 'string' ? [schema.type] : []);
  if (types.length > 1) {
    return fc.oneof(...types.map((type) => fitting({ ...schema, type }, name, words)));
  }
  switch (types[0]) {
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 20 });
    case 'integer':
      return fc.integer({ min: -2, max: 50 });
    case 'number':
      return fc.double({ min: -2, max: 50 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const items = isObject(schema.items) ? schema.items : {};
      return fc.array(valueFor(items, name, words), { maxLength: 3 });
    }
    case 'object':
      return objectFor(schema, words);
    default:
      return hostile;
  }
}

/** Required properties nearly always, the others now and then, one that nobody knows seldom. */
export function objectFor(schema: JsonObject, words: Words): fc.Arbitrary<unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = arrayOf(schema.required);
  const entries = Object.entries(properties).map(([key, value]) => {
    const arbitrary = valueFor(isObject(value) ? value : {}, key, words);
    const weight = required.includes(key) ? 40 : 2;
    return fc.oneof(
      { weight, arbitrary: arbitrary.map((one): [string, unknown][] => [[key, one]]) },
      { weight: 3, arbitrary: fc.constant<[string, unknown][]>([]) },
    );
  });
  const free = isObject(schema.additionalProperties) ? schema.additionalProperties : undefined;
  const others =
    free === undefined
      ? fc.oneof(
          { weight: 60, arbitrary: fc.constant<[string, unknown][]>([]) },
          {
            weight: 1,
            arbitrary: fc.tuple(fc.string({ maxLength: 12 }), hostile).map((pair) => [pair]),
          },
        )
      : fc.array(fc.tuple(fc.string({ maxLength: 12 }), valueFor(free, '', words)), {
          maxLength: 3,
        });
  return fc
    .tuple(...entries, others)
    .map((all) => Object.fromEntries((all as [string, unknown][][]).flat()));
}
