import { isObject, type Json, type JsonObject, objectOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Cause } from '../api/error.ts';
import type { KindDefinition } from '../kinds.ts';
import { objectType, type SchemaType } from '../schema/notation.ts';
import { changeProblems } from './validate-change.ts';
import { kindProblems } from './validate-kinds.ts';
import { metadataProblems } from './validate-metadata.ts';

/** What makes an object invalid, in the API server's words. `before` is there for an update. */
export function problemsOf(
  kind: KindDefinition,
  object: KubeObject,
  before: KubeObject | undefined,
): Cause[] {
  const causes = [
    ...metadataProblems(kind, object),
    ...required(kind.schema, object, ''),
    ...kindProblems(kind.kind, object),
  ];
  if (before !== undefined) causes.push(...changeProblems(kind.kind, object, before));
  return causes;
}

/** Fields that the OpenAPI calls required but the API server fills or doesn't ask for. */
const NOT_ASKED = new Set(['observedAt', 'status', 'lastTransitionTime', 'conditions']);

function required(typeName: string, value: JsonObject, path: string): Cause[] {
  const { fields, required: names } = objectType(typeName);
  const missing = names
    .filter((name) => !NOT_ASKED.has(name) && isMissing(fields.get(name), value[name]))
    .filter(() => !path.startsWith('status'))
    .map((name) => missingField(path === '' ? name : `${path}.${name}`));
  const inner = [...fields].flatMap(([name, type]) => {
    if (path === '' && (name === 'status' || name === 'metadata')) return [];
    return within(type, value[name], path === '' ? name : `${path}.${name}`);
  });
  return [...missing, ...inner];
}

function isMissing(type: SchemaType | undefined, value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (type?.kind === 'list') return Array.isArray(value) && value.length === 0;
  return false;
}

function within(type: SchemaType, value: Json | undefined, path: string): Cause[] {
  if (value === undefined || value === null) return [];
  if (type.kind === 'object' && isObject(value)) return required(type.name ?? '', value, path);
  if (type.kind === 'list' && Array.isArray(value) && type.items !== undefined) {
    const items = type.items;
    return value.flatMap((item, at) => within(items, item, `${path}[${at}]`));
  }
  if (type.values !== undefined && typeof value === 'string' && !type.values.includes(value)) {
    return [unsupported(path, value, type.values)];
  }
  return [];
}

function missingField(field: string): Cause {
  return { reason: 'FieldValueRequired', message: 'Required value', field };
}

function unsupported(field: string, value: string, values: readonly string[]): Cause {
  const shown = values.filter((it) => it !== '').map((it) => `"${it}"`);
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${shown.join(', ')}`;
  return { reason: 'FieldValueNotSupported', message, field };
}

/** `spec.template.spec` and the like, for kinds that have pods. */
export function podSpecOf(kind: string, object: JsonObject): { spec: JsonObject; path: string } {
  if (kind === 'Pod') return { spec: objectOf(object.spec), path: 'spec' };
  const template = objectOf(objectOf(object.spec).template);
  return { spec: objectOf(template.spec), path: 'spec.template.spec' };
}

export function nameOf(object: JsonObject): string {
  return stringOf(objectOf(object.metadata).name) ?? '';
}
