import { equalJson, isObject, type Json, ownValue } from '../core/json.ts';
import type { Path } from './path.ts';

/** The value that a path of {@link diffPaths} names; undefined where it leads nowhere. */
export function valueAt(root: Json | undefined, path: Path): Json | undefined {
  let here = root;
  for (const segment of path) {
    if (typeof segment === 'string') {
      here = isObject(here) ? ownValue(here, segment) : undefined;
    } else if (!Array.isArray(here)) {
      return undefined;
    } else if ('keys' in segment) {
      const keys = Object.entries(segment.keys);
      here = here.find(
        (item) =>
          isObject(item) && keys.every(([key, value]) => equalJson(ownValue(item, key), value)),
      );
    } else {
      here = here.find((item) => equalJson(item, segment.value));
    }
  }
  return here;
}
