import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
/** What differs between any two clusters, by the name of its field. */
const FIELDS: Readonly<Record<string, string>> = {
  resourceVersion: 'VERSION',
  clusterIP: 'ADDRESS',
  podIP: 'ADDRESS',
  nodeName: 'NODE',
  continue: 'TOKEN',
  'pod-template-hash': 'HASH',
  'controller-revision-hash': 'HASH',
  controllerUid: 'UID',
  currentRevision: 'REVISION',
  updateRevision: 'REVISION',
};
const LISTS: Readonly<Record<string, string>> = { clusterIPs: 'ADDRESS', addresses: 'ADDRESS' };

/** A value without uids, times, versions, addresses and generated names. */
export function normalise(value: Json, namespace: string): Json {
  if (typeof value === 'string') return textOf(value, namespace);
  if (Array.isArray(value)) {
    const items = value.map((item) => normalise(item, namespace));
    // Owners are in the order of their writes, by whole seconds: chance, within one.
    const owners = items.every((item) => isObject(item) && item.fieldsType === 'FieldsV1');
    return owners ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const key = textOf(name, namespace);
    const fixed = FIELDS[name];
    const listed = LISTS[name];
    if (fixed !== undefined && typeof inner === 'string' && inner !== 'None') result[key] = fixed;
    else if (listed !== undefined && Array.isArray(inner)) result[key] = inner.map(() => listed);
    else result[key] = normalise(inner, namespace);
  }
  return result;
}

function textOf(text: string, namespace: string): string {
  return text
    .replaceAll(namespace, 'NS')
    .replace(UUID, 'UID')
    .replace(TIME, 'TIME')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-X')
    .replace(/(web|new|old)-[bcdf0-9ghjklmnpqrstvwxz]{6,10}(-[a-z0-9]{5})?/g, '$1-HASH');
}

/** Of a refusal only what clients decide by: the words are each server's own. */
export function comparable(status: number, body: JsonObject): Json {
  if (body.kind !== 'Status' || status < 400) return { status, body };
  const { details } = body;
  const { causes, ...rest } = isObject(details) ? details : ({} as JsonObject);
  const seen = Array.isArray(causes)
    ? causes
        .filter(isObject)
        .map(({ field, reason }) => ({ field: field ?? '', reason: reason ?? '' }))
    : undefined;
  return {
    status,
    reason: body.reason ?? '',
    code: body.code ?? 0,
    details: { ...rest, ...(seen === undefined ? {} : { causes: seen }) },
  };
}
