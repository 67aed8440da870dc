import type { Json, JsonObject } from '../../core/json.ts';
import type { KindDefinition } from '../kinds.ts';
import { closure, objectType, type SchemaType } from './notation.ts';

const SCALAR_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  int: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  bool: { type: 'boolean' },
  number: { type: 'number', format: 'double' },
  time: { type: 'string', format: 'date-time' },
  'micro-time': { type: 'string', format: 'date-time' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'int-or-string': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
};

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** The OpenAPI v3 document of the kinds of one group version, without descriptions. */
export function openapiDocument(kinds: readonly KindDefinition[]): JsonObject {
  const names = new Set<string>();
  for (const { schema } of kinds) closure(schema, names);
  const schemas: JsonObject = { [QUANTITY]: SCALAR_SCHEMAS.quantity };
  for (const name of [...names].sort()) schemas[schemaName(name)] = objectSchema(name);
  for (const { schema, group, version, kind } of kinds) {
    const target = schemas[schemaName(schema)] as JsonObject;
    target['x-kubernetes-group-version-kind'] = [{ group, kind, version }];
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes (simulated)', version: 'v1.36.3-simulated' },
    paths: {},
    components: { schemas },
  };
}

function schemaName(name: string): string {
  return `io.k8s.simulated.${name}`;
}

function objectSchema(name: string): JsonObject {
  const { fields, required, atomic } = objectType(name);
  const properties: JsonObject = {};
  for (const [field, type] of fields) properties[field] = fieldSchema(type);
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required: [...required] } : {}),
    ...(atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function fieldSchema(type: SchemaType): JsonObject {
  const strategies = [
    ...(type.mergeKey === undefined ? [] : ['merge']),
    ...(type.retainKeys ? ['retainKeys'] : []),
  ];
  const hints: JsonObject = {
    ...(strategies.length > 0 ? { 'x-kubernetes-patch-strategy': strategies.join(',') } : {}),
    ...(type.mergeKey ? { 'x-kubernetes-patch-merge-key': type.mergeKey } : {}),
    ...(type.atomic && type.kind !== 'object' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
  if (type.kind === 'object') return { allOf: [reference(schemaName(type.name ?? ''))], ...hints };
  if (type.kind === 'quantity') return { allOf: [reference(QUANTITY)] };
  if (type.kind === 'map') {
    return { type: 'object', additionalProperties: inside(type), ...hints };
  }
  if (type.kind === 'list') {
    return {
      type: 'array',
      items: inside(type),
      'x-kubernetes-list-type': type.listType,
      ...(type.keys === undefined ? {} : { 'x-kubernetes-list-map-keys': [...type.keys] }),
      ...hints,
    };
  }
  return {
    ...SCALAR_SCHEMAS[type.kind],
    ...(type.values === undefined ? {} : { enum: [...type.values] }),
    ...(type.fallback === undefined ? {} : { default: type.fallback }),
  };
}

function inside(type: SchemaType): JsonObject {
  return type.items === undefined ? {} : fieldSchema(type.items);
}

function reference(name: string): Record<string, Json> {
  return { $ref: `#/components/schemas/${name}` };
}
