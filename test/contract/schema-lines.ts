import {
  arrayOf,
  at,
  isObject,
  type JsonObject,
  objectOf,
  stringifyJson,
  stringOf,
} from '../../src/core/json.ts';

/** Kinds of one group version whose schemas the embedded cluster has. */
export interface SchemaRoot {
  /** `apis/apps/v1`, as the index of OpenAPI v3 names it. */
  readonly path: string;
  readonly kinds: readonly string[];
}

export const SCHEMA_ROOTS: readonly SchemaRoot[] = [
  {
    path: 'api/v1',
    kinds: [
      'Pod',
      'Node',
      'Namespace',
      'ConfigMap',
      'Secret',
      'Service',
      'ServiceAccount',
      'PersistentVolume',
      'PersistentVolumeClaim',
      'Event',
      'ResourceQuota',
      'LimitRange',
    ],
  },
  {
    path: 'apis/apps/v1',
    kinds: ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Scale'],
  },
  { path: 'apis/batch/v1', kinds: ['Job', 'CronJob'] },
  { path: 'apis/policy/v1', kinds: ['PodDisruptionBudget', 'Eviction'] },
  { path: 'apis/discovery.k8s.io/v1', kinds: ['EndpointSlice'] },
  { path: 'apis/networking.k8s.io/v1', kinds: ['Ingress', 'NetworkPolicy'] },
  { path: 'apis/autoscaling/v2', kinds: ['HorizontalPodAutoscaler'] },
  { path: 'apis/coordination.k8s.io/v1', kinds: ['Lease'] },
  { path: 'apis/storage.k8s.io/v1', kinds: ['StorageClass'] },
  { path: 'apis/rbac.authorization.k8s.io/v1', kinds: ['Role', 'RoleBinding'] },
  { path: 'apis/scheduling.k8s.io/v1', kinds: ['PriorityClass'] },
];

/**
 * The schemas of some kinds and all that they refer to, one line a type: the notation that
 * src/simulation/schema/notation.ts reads.
 */
export function schemaLines(
  document: JsonObject,
  kinds: readonly string[],
  known: Set<string>,
): string[] {
  const schemas = objectOf(at(document, 'components', 'schemas'));
  const queue = Object.keys(schemas)
    .filter((name) => kinds.some((kind) => name.endsWith(`.${kind}`)))
    .filter((name) => isObject(at(schemas[name], 'x-kubernetes-group-version-kind', 0)));
  const lines: string[] = [];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (known.has(name)) continue;
    known.add(name);
    const schema = objectOf(schemas[name]);
    const scalar = scalarOf(name, schema);
    if (scalar !== undefined) continue;
    const required = new Set(arrayOf(schema.required).map(String));
    const fields = Object.entries(objectOf(schema.properties)).map(([field, property]) => {
      const type = typeText(schemas, objectOf(property), queue);
      return `${field}${required.has(field) ? '*' : ''}:${type}`;
    });
    const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? '!' : '';
    lines.push([`${shortName(name)}${atomic}`, ...fields].join(' '));
  }
  return lines.sort();
}

const SCALARS: Readonly<Record<string, string>> = {
  Quantity: 'q',
  IntOrString: 'x',
  Time: 't',
  MicroTime: 'u',
  FieldsV1: 'o',
};

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function scalarOf(name: string, schema: JsonObject): string | undefined {
  return SCALARS[shortName(name)] ?? (schema.properties === undefined ? 'o' : undefined);
}

function typeText(schemas: JsonObject, schema: JsonObject, queue: string[]): string {
  const ref = stringOf(schema.$ref) ?? stringOf(at(schema, 'allOf', 0, '$ref'));
  const strategy = stringOf(schema['x-kubernetes-patch-strategy']) ?? '';
  const retain = strategy.includes('retainKeys') ? '^' : '';
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? '!' : '';
  if (ref !== undefined) {
    const name = ref.replace('#/components/schemas/', '');
    const scalar = scalarOf(name, objectOf(schemas[name]));
    if (scalar !== undefined) return scalar;
    queue.push(name);
    return `@${shortName(name)}${atomic}${retain}`;
  }
  if (schema.type === 'array') {
    const items = typeText(schemas, objectOf(schema.items), queue);
    const merge = strategy.includes('merge')
      ? `~${stringOf(schema['x-kubernetes-patch-merge-key']) ?? ''}`
      : '';
    const kind = stringOf(schema['x-kubernetes-list-type']);
    const keys = arrayOf(schema['x-kubernetes-list-map-keys']).map(String);
    const list = kind === 'map' ? `(${keys.join(',')})` : kind === 'set' ? '()' : '';
    return `[${items}]${list}${merge}${retain}`;
  }
  const values = schema.additionalProperties;
  if (isObject(values)) return `<${typeText(schemas, values, queue)}>${atomic}`;
  return scalarText(schema);
}

function scalarText(schema: JsonObject): string {
  if (schema.type === 'string') {
    const names = arrayOf(schema.enum).map(String);
    const byte = schema.format === 'byte' ? 'y' : 's';
    const fallback =
      typeof schema.default === 'string' && schema.default !== ''
        ? `=${stringifyJson(schema.default)}`
        : '';
    return `${names.length > 0 ? `s|${names.join('|')}` : byte}${fallback}`;
  }
  if (schema.type === 'integer') return schema.format === 'int64' ? 'l' : 'i';
  if (schema.type === 'boolean') return 'b';
  if (schema.type === 'number') return 'n';
  return 'o';
}
