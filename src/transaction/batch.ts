import { StratusError, toStratusError } from '../core/errors.ts';
import { approveCommands, askedCommands } from './approve-call.ts';
import { budgetOf } from './bounds.ts';
import { changeOf, checkRunnable } from './change.ts';
import { Fight } from './fights.ts';
import { type Foreseen, foresee, inCommand } from './foresee.ts';
import { AmbiguousWrite } from './guarded-write.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';
import { checkFits, HalfDone, runStep, undoCommands } from './step.ts';
import type {
  BatchPlan,
  BatchResult,
  Caller,
  PlannedCommand,
  StepRequest,
  StepResult,
} from './types.ts';

/** Plans several commands without writing. `session` is absent outside a transaction. */
export async function planBatch(
  parts: EngineParts,
  shapes: Shapes,
  session: Session | undefined,
  requests: readonly StepRequest[],
  caller: Caller,
): Promise<BatchPlan> {
  const { signal } = caller;
  const usage = session?.usage ?? { commands: 0, objects: new Map() };
  const all = await foresee(parts, shapes, requests, {
    bounds: session?.bounds ?? parts.policy.bounds,
    usage,
    check: (writes, used) => {
      if (session !== undefined) checkFits(parts, { ...session, usage: used }, writes);
    },
    signal,
  });
  const commands = all.map((one) => plannedCommand(parts, one));
  if (session === undefined) return { commands };
  const now = parts.clock.now();
  return { commands, budget: budgetOf(session.bounds, usage, session.deadlineAt, now) };
}

function plannedCommand(parts: EngineParts, one: Foreseen): PlannedCommand {
  if (one.kind !== 'planned') return one;
  const { kind, writes, after } = one;
  return { kind, after, changes: writes.map((write) => changeOf(parts, write)) };
}

/**
 * Several commands of one call, all of them or none. Everything is planned once before the first write.
 * @throws StratusError that names the command which failed; those before it were taken back
 * @throws AmbiguousWrite, HalfDone: the caller has to abort the transaction
 */
export async function runSteps(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  requests: readonly StepRequest[],
  caller: Caller,
): Promise<BatchResult> {
  const { bounds, usage } = session;
  const foreseen = await foresee(parts, shapes, requests, {
    bounds,
    usage,
    check: (writes, used) => {
      checkRunnable(writes);
      checkFits(parts, { ...session, usage: used }, writes);
    },
    signal: caller.signal,
  });
  const asked = askedCommands(requests, foreseen);
  const approved = await approveCommands(parts, shapes, asked, caller, session);
  const commands: (StepResult | undefined)[] = [];
  for (const [index, request] of requests.entries()) {
    const before = session.usage;
    try {
      if (parts.clock.now() >= session.deadlineAt) throw late(session);
      commands.push(await runStep(parts, shapes, session, request, caller, approved));
    } catch (thrown) {
      const where = `commands[${index}] (${request.tool})`;
      if (thrown instanceof AmbiguousWrite) {
        throw new AmbiguousWrite(`${where}: ${thrown.message}`);
      }
      if (thrown instanceof Fight) throw thrown;
      if (thrown instanceof HalfDone) throw new HalfDone(`${where}: ${thrown.message}`);
      const error = toStratusError(thrown);
      // Found before a write of this command: it already is as asked.
      if (error.code === 'no_change' && session.usage === before) {
        commands.push(undefined);
        continue;
      }
      const done = commands.flatMap((one) => (one === undefined ? [] : [one.command]));
      const failed = inCommand(index, request.tool, error);
      if (done.length === 0) throw failed;
      await undoCommands(parts, shapes, session, done, takenBack(failed, done.length));
    }
  }
  if (commands.every((one) => one === undefined)) {
    throw new StratusError('no_change', 'Nothing to do: everything already is as asked.');
  }
  const now = parts.clock.now();
  return { commands, budget: budgetOf(bounds, session.usage, session.deadlineAt, now) };
}

function takenBack(error: StratusError, count: number): StratusError {
  const earlier =
    count === 1 ? 'The command before it was' : `The ${count} commands before it were`;
  const message = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  return new StratusError(error.code, `${message} ${earlier} taken back.`, {
    next: error.next,
    changed: error.changed,
    ...(error.rule === undefined ? {} : { rule: error.rule }),
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error.cause ?? error,
  });
}

function late({ id }: Session): StratusError {
  return new StratusError('bound_exceeded', `The time of ${id} was over before the last command.`, {
    rule: 'bounds.minutes',
    next: 'Begin a new transaction.',
  });
}
