import type { Json, JsonObject } from '../core/json.ts';

/**
 * The value of a key that the object itself has. A ConfigMap may well have a key named `constructor`, which
 * every JavaScript object answers to.
 */
export function ownValue(object: JsonObject | undefined, name: string): Json | undefined {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}
