import {
  arrayOf,
  at,
  isObject,
  type JsonObject,
  objectOf,
  ownValue,
  stringOf,
} from '../core/json.ts';

/**
 * How the API server itself merges a value (structured-merge-diff): field by field, or as one unit.
 * Read from `x-kubernetes-list-type`, `-list-map-keys` and `-map-type` of the server's own OpenAPI v3.
 */
export interface Shape {
  readonly kind: 'granular' | 'atomic' | 'keyed-list' | 'set';
  /** Key fields of a keyed list. */
  readonly keys: readonly string[];
  /** The shape of a field or map value. */
  field(name: string): Shape;
  /** The shape of a list's elements. */
  element(): Shape;
}

/** Nothing is known: objects merge by key, lists are one unit. What SSA does for a custom resource without hints. */
export const unknownShape: Shape = {
  kind: 'granular',
  keys: [],
  field: () => unknownShape,
  element: () => unknownShape,
};

/**
 * The shape of one kind.
 * @param document an OpenAPI v3 document of the kind's group version; `undefined` gives {@link unknownShape}
 */
export function shapeOf(
  document: JsonObject | undefined,
  gvk: { group: string; version: string; kind: string },
): Shape {
  const schemas = objectOf(at(document, 'components', 'schemas'));
  const schema = Object.values(schemas).find((candidate) =>
    arrayOf(at(candidate, 'x-kubernetes-group-version-kind')).some(
      (entry) =>
        at(entry, 'group') === gvk.group &&
        at(entry, 'version') === gvk.version &&
        at(entry, 'kind') === gvk.kind,
    ),
  );
  return isObject(schema) ? new SchemaShape(schemas, schema) : unknownShape;
}

class SchemaShape implements Shape {
  readonly kind: Shape['kind'];
  readonly keys: readonly string[];
  readonly #schemas: JsonObject;
  readonly #schema: JsonObject;

  constructor(schemas: JsonObject, node: JsonObject) {
    this.#schemas = schemas;
    // A $ref may carry list hints beside it, so both are looked at.
    const target = resolve(schemas, node);
    this.#schema = target;
    const hint = (name: string) => node[name] ?? target[name];
    this.keys = arrayOf(hint('x-kubernetes-list-map-keys')).filter(
      (key) => typeof key === 'string',
    );
    const listType = stringOf(hint('x-kubernetes-list-type'));
    if (target.type === 'array') {
      if (listType === 'map' && this.keys.length > 0) this.kind = 'keyed-list';
      else this.kind = listType === 'set' ? 'set' : 'atomic';
    } else {
      this.kind = hint('x-kubernetes-map-type') === 'atomic' ? 'atomic' : 'granular';
    }
  }

  field(name: string): Shape {
    const property =
      ownValue(objectOf(this.#schema.properties), name) ?? this.#schema.additionalProperties;
    return isObject(property) ? new SchemaShape(this.#schemas, property) : unknownShape;
  }

  element(): Shape {
    const items = this.#schema.items;
    return isObject(items) ? new SchemaShape(this.#schemas, items) : unknownShape;
  }
}

function resolve(schemas: JsonObject, node: JsonObject): JsonObject {
  let here = node;
  for (let depth = 0; depth < 8; depth++) {
    const ref = stringOf(here.$ref) ?? stringOf(at(here, 'allOf', 0, '$ref'));
    if (ref === undefined) return here;
    const target = schemas[ref.slice(ref.lastIndexOf('/') + 1)];
    if (!isObject(target)) return here;
    here = target;
  }
  return here;
}
