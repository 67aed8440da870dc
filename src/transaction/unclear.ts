import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import { type StratusError, toStratusError } from '../core/errors.ts';
import { stringOf } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow, StepState } from '../journal/types.ts';
import { type OpenImage, undoGroups } from '../undo/groups.ts';
import { FENCE_LABEL } from '../undo/marks.ts';
import { unmarkNewest } from '../undo/newest-pods.ts';
import { renewedUids } from '../undo/renewed.ts';
import type { UndoGroup } from '../undo/types.ts';
import { unfence } from '../undo/unfence.ts';
import { isUnresolved } from './fence.ts';
import { idOfKey } from './live.ts';
import type { EngineParts } from './parts.ts';
import { refOfKey } from './refs.ts';
import { epochOver } from './session.ts';
import type { Shapes } from './shapes.ts';
import type { UndoReport } from './types.ts';
import { lasting, type TakeBackRequest, UNDOABLE, undoPort } from './undo-port.ts';
import { unreadableOf } from './unreadable.ts';
import type { User } from './users.ts';

/** An object whose undo got no clear answer although the API server is there; or that waits for such a one. */
export type Unclear = User;

/** What an outage of a webhook or an election in etcd usually takes, and what a caller can wait. */
const PATIENCE_MS = 30_000;
/** How long one object keeps those that come after it waiting. */
const VISIT_MS = 5_000;
const PAUSE_MS = 1_000;

/** How long unclear answers are tried again, for all objects of a transaction together, from the first one on. */
export class Patience {
  readonly #clock: Clock;
  #until: number | undefined;
  #rounds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long one object may be tried, ms; 0 is one try. */
  get visitMs(): number {
    return Math.min(VISIT_MS, this.#left);
  }

  /** An object got no clear answer: from the first of them on the time runs. */
  begin(): void {
    this.#until ??= this.#clock.monotonic() + PATIENCE_MS;
  }

  /**
   * Waits before another round over what is unclear.
   * @param progress others came back in this round: one of them may have been what was in the way
   * @returns false when it is time to say what is left
   */
  async another(progress: boolean): Promise<boolean> {
    this.begin();
    this.#rounds += 1;
    // Others may have used the time up before this one was tried twice.
    if (this.#left === 0) return progress || this.#rounds === 1;
    await this.#clock.sleep(Math.min(PAUSE_MS, this.#left));
    return true;
  }

  get #left(): number {
    if (this.#until === undefined) return PATIENCE_MS;
    return Math.max(0, this.#until - this.#clock.monotonic());
  }
}

/** The error, if it only says that what became of a write is not known. */
export function unclearOf(thrown: unknown): StratusError | undefined {
  const error = toStratusError(thrown);
  return error.code === 'outcome_unknown' ? error : undefined;
}

/** The steps of what is unclear, as they stand in the journal by now. */
export function stepsAgain(
  parts: EngineParts,
  { transaction }: TakeBackRequest,
  rows: readonly StepRow[],
): StepRow[] {
  const seqs = new Set(rows.map(({ seq }) => seq));
  const now = parts.journal.transactions.steps(transaction, { notIn: ['REJECTED', 'UNDONE'] });
  return now.filter(({ seq }) => seqs.has(seq));
}

/**
 * Says of an object that it could not be taken back, without saying what became of it; takes off what the undo put on
 * it and its pods, as far as that is answered.
 * @throws StratusError where the cluster does not answer at all: then nothing has come to an end
 */
export async function noteUnclear(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  one: Unclear,
): Promise<UndoReport['objects'][number]> {
  const { transaction, epoch } = request;
  const store = parts.journal.transactions;
  // Before the journal says that it is over: whoever takes up a killed undo does this again.
  const left = await takeMarksOff(parts, shapes, request, one);
  const how = redactText([one.error.message, ...left].join(' '), parts.policy.redaction);
  let state: StepState = 'UNDO_IMPOSSIBLE';
  for (const step of stepsAgain(parts, request, one.steps).toReversed()) {
    // What could not be fenced may still be on its way: who tries again has to do that first.
    const to = isUnresolved(step) ? step.state : 'UNDO_IMPOSSIBLE';
    if (isUnresolved(step)) state = to;
    if (!store.moveStep(transaction, step.seq, UNDOABLE, to, epoch, { error: how })) {
      throw epochOver(transaction);
    }
  }
  const { kind } = one.key.resource;
  parts.journal.audit.append({
    kind: 'step',
    transaction,
    ...(one.key.namespace === undefined ? {} : { namespace: one.key.namespace }),
    object: `${kind}/${one.key.name}`,
    outcome: state,
    detail: { how },
  });
  return { object: refOfKey(one.key), state, how, residual: [], conflicts: [] };
}

/**
 * The costs on pods that were to go first, and the label of a fence: they belong to an undo that goes on.
 * @returns what is left of them
 */
async function takeMarksOff(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  one: Unclear,
): Promise<string[]> {
  let live: LiveObject | undefined;
  try {
    live = await parts.reader.get(one.key);
  } catch (thrown) {
    const { message } = (await unreadableOf(parts, one.key, thrown)) ?? lasting(thrown);
    return [`Whether marks of the undo are left on it could not be read: ${message}`];
  }
  const left: string[] = [];
  const tried = async (what: string, take: () => Promise<readonly string[]>) => {
    try {
      left.push(...(await take()));
    } catch (thrown) {
      const { message } =
        unclearOf(thrown) ?? (await unreadableOf(parts, one.key, thrown)) ?? lasting(thrown);
      left.push(`${what} may still be there: ${message}`);
    }
  };
  await tried('Marks of the undo on its pods', async () => {
    const group = groupOf(parts, request, one);
    if (group === undefined) return [];
    const notes = await unmarkNewest(group, live, undoPort(parts, shapes, request, group));
    return notes.flatMap((note) => stringOf(note) ?? []);
  });
  await tried(`The label ${FENCE_LABEL}`, async () => {
    const port = undoPort(parts, shapes, request, { key: one.key, steps: [] });
    if (await unfence(live, port)) return [];
    return [`The label ${FENCE_LABEL} of ours could not be taken off.`];
  });
  return left;
}

/** @throws StratusError where its images can't be opened */
function groupOf(
  parts: EngineParts,
  request: TakeBackRequest,
  one: Unclear,
): UndoGroup | undefined {
  const store = parts.journal.transactions;
  const image: OpenImage = (seq, name) => store.image(request.transaction, seq, name);
  const renewed = renewedUids(store.steps(request.transaction));
  return undoGroups(stepsAgain(parts, request, one.steps), image, () => one.key, renewed)[0];
}

/** One entry for each object, with all of its steps that were to be taken back. */
export function byObject(
  unclear: readonly Unclear[],
  steps: readonly StepRow[],
  keys: ReadonlyMap<StepRow, ObjectKey>,
): Unclear[] {
  const idOf = (step: StepRow) => {
    const key = keys.get(step);
    return key && idOfKey(key);
  };
  const first = new Map(unclear.toReversed().map((one) => [idOfKey(one.key), one]));
  return [...first].map(([id, one]) => ({ ...one, steps: steps.filter((it) => idOf(it) === id) }));
}
