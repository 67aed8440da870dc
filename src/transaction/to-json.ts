import type { Json, JsonObject } from '../core/json.ts';

/** A plain value (a measurement, a verdict) as JSON for the journal: `undefined` fields fall away. */
export function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** The counterpart of {@link toJson} for what this layer itself wrote. */
export function fromJson<T>(value: Json | null | undefined): T | undefined {
  return value === null || value === undefined ? undefined : (value as unknown as T);
}
