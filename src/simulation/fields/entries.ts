import { type Json, type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import { type FieldSet, fromFieldsV1, isEmpty, toFieldsV1 } from './set.ts';

/** One entry of managedFields. */
export interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string | undefined;
  readonly set: FieldSet;
}

export type Owners = ReadonlyMap<string, Entry>;

/** Who an entry is: an applier is the same one in every apiVersion. */
export function identity(
  entry: Pick<Entry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
): string {
  const { manager, operation, apiVersion, subresource } = entry;
  const version = operation === 'Apply' ? '' : apiVersion;
  return JSON.stringify([manager, operation, version, subresource]);
}

export function readEntries(managedFields: Json | undefined): Owners {
  const entries = objectsOf(managedFields).flatMap((it): Entry[] => {
    if (it.fieldsV1 === undefined) return [];
    return [
      {
        manager: stringOf(it.manager) ?? '',
        operation: it.operation === 'Apply' ? 'Apply' : 'Update',
        apiVersion: stringOf(it.apiVersion) ?? '',
        subresource: stringOf(it.subresource) ?? '',
        time: stringOf(it.time),
        set: fromFieldsV1(it.fieldsV1),
      },
    ];
  });
  return new Map(entries.map((entry) => [identity(entry), entry]));
}

/** Why given managedFields can't be read; undefined when they can. */
export function entriesProblem(managedFields: Json | undefined): string | undefined {
  for (const it of objectsOf(managedFields)) {
    if (Object.keys(it).length === 0) continue;
    if (it.operation !== 'Apply' && it.operation !== 'Update') return 'operation';
    if (it.fieldsType !== 'FieldsV1') return 'fieldsType';
  }
  return undefined;
}

/** As the API server writes them: Apply first, then by time, manager, version and subresource. */
export function writeEntries(owners: Owners): JsonObject[] {
  const seconds = (entry: Entry) => Math.floor(Date.parse(entry.time ?? '') / 1000) || 0;
  return [...owners.values()]
    .filter((entry) => !isEmpty(entry.set))
    .sort(
      (a, b) =>
        order(a.operation, b.operation) ||
        seconds(a) - seconds(b) ||
        order(a.manager, b.manager) ||
        order(a.apiVersion, b.apiVersion) ||
        order(a.subresource, b.subresource),
    )
    .map((entry) => ({
      manager: entry.manager,
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      ...(entry.time === undefined ? {} : { time: entry.time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(entry.set),
      ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
    }));
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
