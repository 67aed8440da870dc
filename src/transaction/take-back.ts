import type { ObjectKey } from '../cluster/types.ts';
import { type StratusError, toStratusError } from '../core/errors.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow } from '../journal/types.ts';
import { type OpenImage, undoGroups } from '../undo/groups.ts';
import { renewedUids } from '../undo/renewed.ts';
import type { UndoGroup } from '../undo/types.ts';
import { isUnsent, noteUnsent } from './deferred.ts';
import { isOfDefinition, learnKinds } from './definitions.ts';
import { fence, isUnresolved } from './fence.ts';
import type { EngineParts } from './parts.ts';
import { isManagedPodRemoval, isStillServing } from './pod-removal.ts';
import { refOfStep } from './refs.ts';
import { resolutionOf } from './resolution-of.ts';
import { epochOver } from './session.ts';
import type { Shapes } from './shapes.ts';
import { type Round, takeBackGroups } from './take-back-groups.ts';
import type { UndoReport } from './types.ts';
import { byObject, noteUnclear, Patience, stepsAgain, type Unclear, unclearOf } from './unclear.ts';
import { keyOfStep, lasting, type TakeBackRequest, UNDOABLE } from './undo-port.ts';
import { report } from './undo-report.ts';
import { unreadableOf } from './unreadable.ts';
import type { User } from './users.ts';

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
  const notBack: User[] = [];
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

interface Steps extends Round {
  /** Takes the steps whose kind an earlier restore may bring back. */
  readonly later: StepRow[] | undefined;
}

async function takeBackSteps(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  open: readonly StepRow[],
  { later, unclear, notBack, patience }: Steps,
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
  const resolutions = store.resolutions(request.transaction);
  const groups = undoGroups(toUndo, image, (step) => required(keys, step), renewed).map(
    (group): UndoGroup => {
      const resolution = resolutionOf(parts, resolutions, group.key);
      return resolution === undefined ? group : { ...group, resolution };
    },
  );
  const rowsOf = ({ steps }: UndoGroup) => {
    const seqs = steps.map(({ seq }) => seq);
    return toUndo.filter(({ seq }) => seqs.includes(seq));
  };
  const round = { unclear, notBack, patience };
  objects.push(...(await takeBackGroups(parts, shapes, request, groups, rowsOf, round)));
  return objects;
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
