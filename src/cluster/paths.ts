import { StratusError } from '../core/errors.ts';
import type { ListQuery, ObjectKey, ResourceInfo } from './types.ts';

/** The URL of a resource's collection. A cluster-scoped resource has no namespace in it. */
export function collectionPath(resource: ResourceInfo, namespace: string | undefined): string {
  const { group, version, plural, namespaced } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  if (!namespaced || namespace === undefined) return `${root}/${plural}`;
  return `${root}/namespaces/${segment('namespace', namespace)}/${plural}`;
}

/**
 * The URL of one object.
 * @throws StratusError invalid_arguments without a name, or without a namespace where one belongs:
 * such a URL would mean the whole collection.
 */
export function objectPath(key: ObjectKey, subresource?: string): string {
  const { resource, namespace, name } = key;
  if (resource.namespaced && namespace === undefined) {
    throw new StratusError('invalid_arguments', `${resource.kind} ${name} needs a namespace.`);
  }
  const path = `${collectionPath(resource, namespace)}/${segment('name', name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `?a=b`, without what is undefined; empty when nothing is left. */
export function queryString(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export function listPath(
  query: ListQuery,
  more: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  return (
    collectionPath(query.resource, query.namespace) +
    queryString({
      labelSelector: query.labelSelector,
      fieldSelector: query.fieldSelector,
      ...more,
    })
  );
}

// The API server's own rule for names in a path (apimachinery, IsValidPathSegmentName).
function segment(what: string, value: string): string {
  if (value === '' || value === '.' || value === '..' || /[/%]/.test(value)) {
    throw new StratusError('invalid_arguments', `"${value}" can't be the ${what} of an object.`);
  }
  return encodeURIComponent(value);
}
