import type { ObjectKey } from '../cluster/types.ts';
import { StratusError, toStratusError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow } from '../journal/types.ts';
import { type OpenImage, undoGroups } from '../undo/groups.ts';
import { letGo } from '../undo/let-go.ts';
import { renewedUids } from '../undo/renewed.ts';
import { undoObject } from '../undo/restore.ts';
import type { ObjectUndo, UndoGroup } from '../undo/types.ts';
import { isUnsent, noteUnsent } from './deferred.ts';
import { isOfDefinition, learnKinds } from './definitions.ts';
import { fence, isUnresolved } from './fence.ts';
import type { EngineParts } from './parts.ts';
import { isManagedPodRemoval, isStillServing } from './pod-removal.ts';
import { redactNote } from './redact-note.ts';
import { refOfStep } from './refs.ts';
import { resolutionOf } from './resolution-of.ts';
import { epochOver } from './session.ts';
import type { Shapes } from './shapes.ts';
import type { UndoReport } from './types.ts';
import {
  byObject,
  keptFor,
  noteUnclear,
  Patience,
  stepsAgain,
  type Unclear,
  unclearOf,
  waitsFor,
} from './unclear.ts';
import { keyOfStep, lasting, type TakeBackRequest, UNDOABLE, undoPort } from './undo-port.ts';
import { report, reported } from './undo-report.ts';
import { unreadableOf } from './unreadable.ts';

/** Without these a step can't be taken back; where they can't be opened, a human has to find the key. */
const NEEDED = ['pre', 'post', 'predicted', 'undo'] as const;

/**
 * Takes steps back: fences what is ambiguous, restores object by object, verifies, journals each state.
 * Goes on with the other objects when one needs a human, or when its write gets no clear answer; that one is tried
 * for a while longer and then left as it is, with what was answered.
 * @throws StratusError when the cluster can't be reached; what is left stays in the journal to be taken up again
 */
export async function takeBack(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
): Promise<UndoReport> {
  const open = parts.journal.transactions
    .steps(request.transaction, { notIn: ['REJECTED', 'UNDONE'] })
    .filter((step) => request.commands === undefined || request.commands.includes(step.command));
  const objects: UndoReport['objects'][number][] = [];
  const patience = new Patience(parts.clock);
  const notBack: Unclear[] = [];
  await learnKinds(parts, open);
  // Objects of a definition that is restored here can't even be named before it is back.
  let mayWait = true;
  for (let rest = open; rest.length > 0; ) {
    const later: StepRow[] = [];
    const unclear: Unclear[] = [];
    const round = { later: mayWait ? later : undefined, unclear, notBack, patience };
    const ended = await takeBackSteps(parts, shapes, request, rest, round);
    objects.push(...ended);
    const progress = ended.some(({ state }) => state === 'UNDONE');
    mayWait = unclear.length > 0 && (await patience.another(progress));
    const waiting = mayWait ? unclear.flatMap(({ steps }) => steps) : [];
    if (!mayWait)
      for (const one of unclear) objects.push(await noteUnclear(parts, shapes, request, one));
    rest = stepsAgain(parts, request, [...waiting, ...later]);
  }
  return report(objects);
}

interface Round {
  /** Takes the steps whose kind an earlier restore may bring back. */
  readonly later: StepRow[] | undefined;
  /** Takes what has to be looked at again. */
  readonly unclear: Unclear[];
  /** Takes what was refused, is in conflict or can't be taken back, of all rounds. */
  readonly notBack: Unclear[];
  readonly patience: Patience;
}

async function takeBackSteps(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  open: readonly StepRow[],
  { later, unclear, notBack, patience }: Round,
): Promise<UndoReport['objects'][number][]> {
  const store = parts.journal.transactions;
  const image: OpenImage = (seq, name) => store.image(request.transaction, seq, name);
  const keys = new Map<StepRow, ObjectKey>();
  const objects: UndoReport['objects'][number][] = [];
  const ready: StepRow[] = [];
  const unfenced: Unclear[] = [];
  for (const step of open) {
    if (isUnsent(step)) {
      objects.push(noteUnsent(parts, request, step));
      continue;
    }
    let unresolved = isUnresolved(step);
    try {
      const key = await keyOfStep(parts, step);
      keys.set(step, key);
      if (!(await fence(parts, request, step, key, patience.visitMs))) continue;
      unresolved = false;
      for (const name of NEEDED) image(step.seq, name);
      const replaced =
        isManagedPodRemoval(step, image) && !isStillServing(step, await parts.reader.get(key));
      if (replaced) objects.push(noteReplaced(parts, request, step));
      else ready.push(step);
    } catch (thrown) {
      const key = keys.get(step);
      const unknown = unclearOf(thrown) ?? (key && (await unreadableOf(parts, key, thrown)));
      if (key !== undefined && unknown !== undefined) {
        patience.begin();
        unfenced.push({ key, steps: [step], error: unknown });
        continue;
      }
      const error = lasting(thrown);
      if (later !== undefined && isOfDefinition(step, error, open)) later.push(step);
      else {
        objects.push(noteImpossible(parts, request, step, error, unresolved));
        if (key !== undefined) notBack.push({ key, steps: [step], error });
      }
    }
  }
  const isOpen = (step: StepRow) =>
    ready.includes(step) || unfenced.some(({ steps }) => steps.includes(step));
  unclear.push(...byObject(unfenced, open.filter(isOpen), keys));
  const toUndo = ready.filter((step) => !unclear.some(({ steps }) => steps.includes(step)));
  const renewed = renewedUids(store.steps(request.transaction));
  const again: UndoGroup[] = [];
  const resolutions = store.resolutions(request.transaction);
  const groups = undoGroups(toUndo, image, (step) => required(keys, step), renewed).map(
    (group): UndoGroup => {
      const resolution = resolutionOf(parts, resolutions, group.key);
      return resolution === undefined ? group : { ...group, resolution };
    },
  );
  const told = (group: UndoGroup, error: StratusError): Unclear => {
    const seqs = group.steps.map(({ seq }) => seq);
    return { key: group.key, steps: toUndo.filter(({ seq }) => seqs.includes(seq)), error };
  };
  const undo = async (group: UndoGroup, isLast: boolean) => {
    const kept = keptFor(group, notBack, image);
    if (kept !== undefined) {
      objects.push(await noteUnclear(parts, shapes, request, told(group, kept)));
      return;
    }
    const waits = waitsFor(group, unclear, image);
    try {
      if (waits !== undefined) throw waits;
      const result = await undoGroup(parts, shapes, request, group, patience.visitMs);
      // What the rest brings back may be what it was refused for: a quota, a policy, a role.
      if (result.refused && !isLast) {
        again.push(group);
        return;
      }
      objects.push(noted(parts, request, group, result));
      const error = new StratusError('undo_impossible', result.how);
      if (result.state !== 'UNDONE') notBack.push(told(group, error));
    } catch (thrown) {
      const error = waits ?? unclearOf(thrown) ?? (await unreadableOf(parts, group.key, thrown));
      if (error === undefined) throw thrown;
      patience.begin();
      unclear.push(told(group, error));
    }
  };
  const refused = new StratusError('undo_impossible', 'It was refused so far.');
  for (const [index, group] of groups.entries()) {
    const pending = again.map((one) => told(one, refused));
    // It comes behind what may use it, which is tried once more first.
    if (keptFor(group, pending, image) !== undefined) again.push(group);
    else await undo(group, index === groups.length - 1);
  }
  for (const group of again) await undo(group, true);
  return objects;
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
    const residual = await letGo(group, world);
    world.mark('UNDO_IMPOSSIBLE', { error: message });
    return { state: 'UNDO_IMPOSSIBLE', how: message, residual, conflicts: [] };
  }
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

function required(keys: ReadonlyMap<StepRow, ObjectKey>, step: StepRow): ObjectKey {
  const key = keys.get(step);
  if (key === undefined) throw toStratusError(new Error('a step without a key'));
  return key;
}

function noteReplaced(
  parts: EngineParts,
  request: TakeBackRequest,
  step: StepRow,
): UndoReport['objects'][number] {
  const residual = ['The pod itself is gone for good; its controller starts a replacement.'];
  const { transaction, epoch } = request;
  const landed = parts.journal.transactions.moveStep(
    transaction,
    step.seq,
    UNDOABLE,
    'UNDONE',
    epoch,
    { residual },
  );
  if (!landed) throw epochOver(transaction);
  return {
    object: refOfStep(step),
    state: 'UNDONE',
    how: 'replaced by its controller',
    residual,
    conflicts: [],
  };
}

/**
 * @param unresolved the step could not be fenced: its write may still be on its way, so the journal has to say that,
 *   and whoever tries again fences it first
 */
function noteImpossible(
  parts: EngineParts,
  request: TakeBackRequest,
  step: StepRow,
  error: StratusError,
  unresolved: boolean,
): UndoReport['objects'][number] {
  const { transaction, epoch } = request;
  const how = redactText(error.message, parts.policy.redaction);
  const landed = parts.journal.transactions.moveStep(
    transaction,
    step.seq,
    UNDOABLE,
    unresolved ? 'UNKNOWN' : 'UNDO_IMPOSSIBLE',
    epoch,
    { error: how },
  );
  if (!landed) throw epochOver(transaction);
  return { object: refOfStep(step), state: 'UNDO_IMPOSSIBLE', how, residual: [], conflicts: [] };
}
