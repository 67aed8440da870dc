import { isObject, type Json, type JsonObject, objectOf } from '../../core/json.ts';

/** RFC 7386: objects merge, null removes, everything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = { ...objectOf(target) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}
