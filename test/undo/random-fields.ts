import fc from 'fast-check';
import {
  arrayOf,
  at,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
} from '../../src/core/json.ts';

/** Values of strings that some field or other takes. */
const WORDS = [
  ...['x', 'web', 'http', 'a.example', 'default', '1', '50%', '2Gi', '100m', '10.1.2.3'],
  ...['/tmp/x', 'example.com/x', '2030-01-01T00:00:00Z', '30 1 1 1 *', 'TCP', 'Europe/Berlin'],
];
const DEPTH = 7;

/**
 * Strategic merge patches over the fields that a kind has in the API server's own OpenAPI: one field set, changed or
 * removed, somewhere. Most are valid; what the API server refuses is an answer too.
 */
export function randomPatches(
  document: JsonObject,
  gvk: { readonly group: string; readonly version: string; readonly kind: string },
): fc.Arbitrary<JsonObject> {
  const schemas = objectOf(at(document, 'components', 'schemas'));
  const schema = Object.values(schemas).find((candidate) =>
    arrayOf(at(candidate, 'x-kubernetes-group-version-kind')).some(
      (entry) =>
        at(entry, 'group') === gvk.group &&
        at(entry, 'version') === gvk.version &&
        at(entry, 'kind') === gvk.kind,
    ),
  );
  const { properties } = objectOf(schema);
  const fields = Object.entries(objectOf(properties)).filter(
    ([name]) => !['apiVersion', 'kind', 'metadata', 'status'].includes(name),
  );
  if (fields.length === 0) throw new Error(`${gvk.kind} has no fields but metadata.`);
  return fc
    .constantFrom(...fields)
    .chain(([name, field]) =>
      randomValue(schemas, objectOf(field), DEPTH, name).map((value) => ({ [name]: value })),
    );
}

function randomValue(
  schemas: JsonObject,
  given: JsonObject,
  depth: number,
  name: string,
): fc.Arbitrary<Json> {
  const schema = resolved(schemas, given);
  const options = arrayOf(schema.enum);
  if (options.length > 0) return fc.constantFrom(...options);
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true)
    return fc.constantFrom<Json>(1, '50%', 'http');
  if (schema.oneOf !== undefined) return fc.constantFrom('1', '2Gi', '100m');
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return fc.constantFrom(0, 1, 2, 5, 60, 8080, 30_080);
    case 'string':
      return name === 'name' ? fc.constantFrom('web', 'http', 'x') : fc.constantFrom(...WORDS);
    case 'array':
      return randomValue(schemas, objectOf(schema.items), depth - 1, '').map((value) => [value]);
    default:
      return objectLike(schemas, schema, depth);
  }
}

/** One field of it, with those that it must have. */
function objectLike(schemas: JsonObject, schema: JsonObject, depth: number): fc.Arbitrary<Json> {
  const properties = objectOf(schema.properties);
  const names = Object.keys(properties);
  if (isObject(schema.additionalProperties)) {
    const more = schema.additionalProperties;
    return randomValue(schemas, more, depth - 1, '').map((value) => ({ x: value }));
  }
  if (names.length === 0 || depth <= 0) return fc.constant({});
  const required = new Set(arrayOf(schema.required).map(String));
  if (names.includes('name')) required.add('name');
  return fc.constantFrom(...names).chain((chosen) => {
    const wanted = [...new Set([...required, chosen])].filter((one) => names.includes(one));
    const entries = wanted.map((one) => {
      const value = randomValue(schemas, objectOf(properties[one]), depth - 1, one);
      // Null takes a field away.
      const optional = one === chosen && !required.has(one);
      return optional ? fc.option(value, { nil: null, freq: 4 }) : value;
    });
    return fc
      .tuple(...entries)
      .map((values) => Object.fromEntries(wanted.map((one, i) => [one, values[i] ?? null])));
  });
}

function resolved(schemas: JsonObject, node: JsonObject): JsonObject {
  let here = node;
  for (let depth = 0; depth < 8; depth++) {
    const ref = here.$ref ?? at(here, 'allOf', 0, '$ref');
    if (typeof ref !== 'string') return here;
    here = objectOf(schemas[ref.slice(ref.lastIndexOf('/') + 1)]);
  }
  return here;
}
