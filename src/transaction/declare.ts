import { type Json, stringifyJson } from '../core/json.ts';
import type { CompiledWrite } from './compile.ts';
import type { EngineParts } from './parts.ts';
import { refOfKey } from './refs.ts';
import { rowOf, type Session } from './session.ts';

/**
 * Declares to the gate what is a reduction by its very meaning: who asks for a drain asks for the cordon, and it
 * would be absurd to take it back for being one. Nothing but the named object is excused by it.
 */
export function declare(
  parts: EngineParts,
  session: Session,
  writes: readonly CompiledWrite[],
): void {
  const declared = writes.flatMap(({ key, write }): Json[] =>
    write.declares === undefined ? [] : [{ object: { ...refOfKey(key) }, reason: write.declares }],
  );
  if (declared.length === 0) return;
  const store = parts.journal.transactions;
  const { declaredReductions: before } = rowOf(store, session.id);
  const known = new Set(before.map((one) => stringifyJson(one)));
  const news = declared.filter((one) => !known.has(stringifyJson(one)));
  if (news.length === 0) return;
  store.update(session.id, session.epoch, { declaredReductions: [...before, ...news] });
}
