import { StratusError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow } from '../journal/types.ts';
import type { OpenImage } from '../undo/groups.ts';
import { letGo } from '../undo/let-go.ts';
import { placeOf } from '../undo/order.ts';
import { undoObject } from '../undo/restore.ts';
import type { ObjectUndo, UndoGroup } from '../undo/types.ts';
import { nameOfKey } from './answers.ts';
import type { EngineParts } from './parts.ts';
import { redactNote } from './redact-note.ts';
import type { Shapes } from './shapes.ts';
import type { UndoReport } from './types.ts';
import { noteUnclear, type Patience, type Unclear, unclearOf } from './unclear.ts';
import { lasting, type TakeBackRequest, undoPort } from './undo-port.ts';
import { reported } from './undo-report.ts';
import { unreadableOf } from './unreadable.ts';
import { asUser, heldFor, leftByDecision, type User } from './users.ts';

/** What came back or went may count only a moment later: the room in a quota, a role. */
const TRIES = 4;
const COUNTED_MS = 500;

export interface Round {
  /** Takes what has to be looked at again. */
  readonly unclear: Unclear[];
  /** Takes what was refused, is in conflict or can't be taken back, of all rounds. */
  readonly notBack: User[];
  readonly patience: Patience;
}

/** The API server refused its restore, which it may accept once others are back, or gone. */
interface Refused {
  readonly group: UndoGroup;
  readonly result: ObjectUndo;
  readonly user: User;
  readonly tries: number;
  /** How many objects were back when it was refused last. */
  readonly last: number;
}

/**
 * Takes objects back in their order: the restores; then what the transaction created, as far as nothing uses it that
 * is not back; then blockers that had been in the way. What was refused is tried again as long as others come back.
 * @param rowsOf the journaled steps of a group
 */
export async function takeBackGroups(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  groups: readonly UndoGroup[],
  rowsOf: (group: UndoGroup) => readonly StepRow[],
  { unclear, notBack, patience }: Round,
): Promise<UndoReport['objects'][number][]> {
  const store = parts.journal.transactions;
  const image: OpenImage = (seq, name) => store.image(request.transaction, seq, name);
  const objects: UndoReport['objects'][number][] = [];
  const at = (place: ReturnType<typeof placeOf>) =>
    groups.filter(({ key, steps }) => placeOf(key.resource, steps) === place);
  const created = new Set(at('cleaned up'));
  let refused: Refused[] = [];
  let back = 0;

  const told = (group: UndoGroup, error: StratusError): Unclear => {
    return { key: group.key, steps: rowsOf(group), error };
  };
  const toUser = (group: UndoGroup, { how }: ObjectUndo) =>
    asUser(parts, told(group, new StratusError('undo_impossible', how)));
  const unknown = (group: UndoGroup, error: StratusError, before?: Refused) => {
    patience.begin();
    const now = before?.user.now;
    unclear.push({ ...told(group, error), ...(now === undefined ? {} : { now }) });
  };
  const attempt = async (group: UndoGroup, before?: Refused) => {
    try {
      const result = await undoGroup(parts, shapes, request, group, patience.visitMs);
      if (result.state === 'UNDONE') back += 1;
      if (result.refused) {
        const user = await toUser(group, result);
        refused.push({ group, result, user, tries: (before?.tries ?? 0) + 1, last: back });
        return;
      }
      objects.push(noted(parts, request, group, result));
      if (result.state !== 'UNDONE') notBack.push(await toUser(group, result));
    } catch (thrown) {
      const error = unclearOf(thrown) ?? (await unreadableOf(parts, group.key, thrown));
      if (error === undefined) throw thrown;
      unknown(group, error, before);
    }
  };
  const held = () => {
    const users = [...refused.map(({ user }) => user), ...notBack, ...unclear];
    return heldFor([...created], users, rowsOf, image);
  };
  const cleanUp = async () => {
    for (const group of created) {
      if (held().has(group)) continue;
      created.delete(group);
      await attempt(group);
    }
  };
  const tryAgain = async () => {
    for (;;) {
      const next =
        refused.find(({ last }) => last < back) ??
        refused.find(({ result, tries }) => back > 0 && maySettle(result) && tries < TRIES);
      if (next === undefined) return;
      if (next.last === back) await parts.clock.sleep(COUNTED_MS);
      refused = refused.filter((one) => one !== next);
      await attempt(next.group, next);
      await cleanUp();
    }
  };

  const decided = new StratusError('undo_impossible', 'It was left as it is, as a person decided.');
  for (const group of at('among the restores')) await attempt(group);
  if (created.size > 0)
    notBack.push(...(await leftByDecision(parts, request.transaction, decided)));
  await cleanUp();
  await tryAgain();
  for (const group of at('last')) {
    const [first] = unclear;
    if (first === undefined) await attempt(group);
    else unknown(group, waits(first, 'it might be refused by this one'));
  }
  await tryAgain();
  while (refused.length > 0) {
    for (const { group, result, user } of refused) {
      objects.push(noted(parts, request, group, result));
      notBack.push(user);
    }
    refused = [];
    await cleanUp();
  }
  for (const [group, { user, root }] of held()) {
    if (unclear.includes(root)) {
      unknown(group, waits(user, 'it may use this one'));
      continue;
    }
    const one = told(group, kept(user));
    objects.push(await noteUnclear(parts, shapes, request, one));
    notBack.push(one);
  }
  return objects;
}

/** A name or a port that somebody else has is not free a moment later. */
function maySettle({ state }: ObjectUndo): boolean {
  return state !== 'UNDO_CONFLICT';
}

function waits({ key }: User, why: string): StratusError {
  const text = `It waits for ${nameOfKey(key)}, which is not back yet: ${why}.`;
  return new StratusError('undo_impossible', text);
}

function kept({ key }: User): StratusError {
  const text = `It is kept for ${nameOfKey(key)}, which is not as before and may use it.`;
  return new StratusError('undo_impossible', text);
}

async function undoGroup(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  group: UndoGroup,
  patienceMs: number,
): Promise<ObjectUndo> {
  const world = undoPort(parts, shapes, request, group);
  try {
    return await undoObject(group, world, patienceMs);
  } catch (error) {
    const { message } = lasting(error);
    const residual = await letGo(group, world).catch(async (thrown: unknown) => {
      const known = unclearOf(thrown) ?? (await unreadableOf(parts, group.key, thrown));
      return [`Marks of the undo may still be there: ${(known ?? lasting(thrown)).message}`];
    });
    world.mark('UNDO_IMPOSSIBLE', { error: message });
    return { state: 'UNDO_IMPOSSIBLE', how: message, residual, conflicts: [] };
  }
}

function noted(
  parts: EngineParts,
  request: TakeBackRequest,
  group: UndoGroup,
  undone: ObjectUndo,
): UndoReport['objects'][number] {
  const result = redacted(parts, group, undone);
  parts.journal.audit.append({
    kind: 'step',
    transaction: request.transaction,
    ...(group.key.namespace === undefined ? {} : { namespace: group.key.namespace }),
    object: `${group.key.resource.kind}/${group.key.name}`,
    outcome: result.state,
    detail: { how: result.how, residual: [...result.residual], conflicts: [...result.conflicts] },
  });
  return reported(group.key, result);
}

/** Values of fields may be secrets, so nothing leaves here unmasked. */
function redacted(parts: EngineParts, group: UndoGroup, result: ObjectUndo): ObjectUndo {
  const { redaction } = parts.policy;
  const shown = (notes: readonly Json[]) =>
    notes.map((one) => redactNote(group.key.resource.kind, one, redaction));
  return {
    ...result,
    how: redactText(result.how, redaction),
    residual: shown(result.residual),
    conflicts: shown(result.conflicts),
  };
}
