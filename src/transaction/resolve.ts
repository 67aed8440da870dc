import { StratusError } from '../core/errors.ts';
import { type Json, stringifyJson } from '../core/json.ts';
import type { ResolutionRow } from '../journal/types.ts';
import { conflictFacts, type ResolveHow } from '../undo/resolution.ts';
import { nameOfKey } from './answers.ts';
import { requireApproval } from './approve.ts';
import { type Conflicted, conflictsNow } from './conflicts.ts';
import { idOfKey } from './live.ts';
import type { EngineParts } from './parts.ts';
import { redactNote } from './redact-note.ts';
import { digestOf } from './resolution-of.ts';
import type { Shapes } from './shapes.ts';
import type { Caller } from './types.ts';

/** What to do about the conflicts of a transaction. */
export interface ResolveRequest {
  readonly how: ResolveHow;
  /** `Kind/namespace/name`: only this object; all that are in conflict when absent. */
  readonly object?: string;
  /** A person's words, kept in the audit log. */
  readonly note?: string;
  /** A person at a terminal decides by doing it; anybody else needs an approval. */
  readonly byPerson: boolean;
}

/** Decisions about the conflicts of now, ready to be journaled. */
export interface Resolved {
  readonly rows: readonly ResolutionRow[];
  readonly detail: { readonly [name: string]: Json };
}

/**
 * Turns a request into decisions about exactly the conflicts that are there now: what comes up later isn't covered.
 * @returns undefined where nothing is in conflict
 * @throws StratusError approval_required for everybody but a person at a terminal; undo_conflict where it can't be forced
 */
export async function decideConflicts(
  parts: EngineParts,
  shapes: Shapes,
  transaction: string,
  request: ResolveRequest,
  caller: Caller,
): Promise<Resolved | undefined> {
  const all = await conflictsNow(parts, shapes, transaction);
  const chosen = request.object === undefined ? all : all.filter(isNamed(request.object));
  if (chosen.length === 0) {
    if (request.object === undefined) return undefined;
    throw notInConflict(transaction, request.object, all);
  }
  const rows = chosen.map(
    ({ key, conflicts }): ResolutionRow => ({
      object: idOfKey(key),
      how: request.how,
      seen: conflicts.map((conflict) => digestOf(parts, conflict)),
    }),
  );
  const left = await conflictsNow(parts, shapes, transaction, rows);
  const stuck = left.find(({ key }) => rows.some(({ object }) => object === idOfKey(key)));
  if (stuck !== undefined) throw notForcible(parts, stuck);
  if (!request.byPerson) await approved(parts, transaction, request.how, chosen, caller);
  const { note } = request;
  return { rows, detail: { by: caller.actor, ...(note === undefined ? {} : { note }) } };
}

async function approved(
  parts: EngineParts,
  transaction: string,
  how: ResolveHow,
  chosen: readonly Conflicted[],
  caller: Caller,
): Promise<void> {
  const names = chosen.map(({ key }) => nameOfKey(key)).join(', ');
  const deed =
    how === 'force'
      ? 'write what was before it over the later changes of others'
      : 'keep the later changes of others and take back the rest';
  const objects = chosen.map(({ key }) => idOfKey(key));
  const need = {
    kind: 'conflict',
    tool: caller.tool,
    rule: 'conflicts are decided by a person',
    summary: `${transaction}: ${deed}, in ${names}`,
    why: `Somebody else changed the same fields of ${names}, so a person has to decide.`,
    subject: { transaction, how, objects },
    facts: {
      transaction,
      how,
      objects: chosen.map(({ key, conflicts }) => ({
        object: idOfKey(key),
        conflicts: conflicts.map(conflictFacts),
      })),
    },
    changes: [],
    notes: chosen.flatMap(({ key, conflicts }) =>
      shownConflicts(parts, { key, conflicts }).map((it) => `${nameOfKey(key)}: ${text(it)}`),
    ),
    transaction,
  } as const;
  await requireApproval(parts, need, caller);
}

/** Conflicts as anybody may see them. */
export function shownConflicts(parts: EngineParts, { key, conflicts }: Conflicted): Json[] {
  const { kind } = key.resource;
  return conflicts.map((one) => redactNote(kind, one, parts.policy.redaction));
}

function text(conflict: Json): string {
  return typeof conflict === 'string' ? conflict : stringifyJson(conflict);
}

function isNamed(object: string) {
  return ({ key }: Conflicted) => [nameFor(key), nameOfKey(key)].includes(object);
}

/** `Deployment/shop/web`, as the command line takes it. */
function nameFor({ resource, namespace, name }: Conflicted['key']): string {
  return [resource.kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

function notInConflict(transaction: string, object: string, all: readonly Conflicted[]) {
  const names = all.map(({ key }) => nameFor(key)).join(', ');
  return new StratusError('invalid_arguments', `${object} is not in conflict in ${transaction}.`, {
    next: names === '' ? 'Nothing is: abort or undo it again.' : `In conflict: ${names}.`,
  });
}

function notForcible(parts: EngineParts, stuck: Conflicted): StratusError {
  const [first] = shownConflicts(parts, stuck);
  return new StratusError(
    'undo_conflict',
    `${nameOfKey(stuck.key)} can't be forced: ${text(first ?? '')}`,
    {
      next: 'What somebody else made is never deleted or replaced by force. Keep theirs, or change it by hand and take the transaction back again.',
    },
  );
}
