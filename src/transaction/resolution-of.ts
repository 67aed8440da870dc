import type { ObjectKey } from '../cluster/types.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { Json } from '../core/json.ts';
import type { ResolutionRow } from '../journal/types.ts';
import { conflictFacts, type Resolution } from '../undo/resolution.ts';
import { idOfKey } from './live.ts';
import type { EngineParts } from './parts.ts';

/** The decision about one object, as the undo takes it. */
export function resolutionOf(
  parts: EngineParts,
  rows: readonly ResolutionRow[],
  key: ObjectKey,
): Resolution | undefined {
  const id = idOfKey(key);
  const row = rows.find(({ object }) => object === id);
  if (row === undefined) return undefined;
  return { how: row.how, covers: (conflict) => row.seen.includes(digestOf(parts, conflict)) };
}

/** Keyed, because what is in conflict may be a secret. */
export function digestOf(parts: EngineParts, conflict: Json): string {
  return parts.journal.approvals.digestOf(canonicalJson(conflictFacts(conflict)));
}
