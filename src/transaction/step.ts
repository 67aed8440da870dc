import type { ObjectKey } from '../cluster/types.ts';
import { StratusError, toStratusError } from '../core/errors.ts';
import { groupOf, type KubeObject } from '../core/kube.ts';
import { sentence } from '../core/sentence.ts';
import { nameOfKey } from './answers.ts';
import { type Approved, approveCommands, checkApproved } from './approve-call.ts';
import { budgetOf, checkBounds, usageWith } from './bounds.ts';
import { changeOf, checkRunnable } from './change.ts';
import { type CompiledWrite, compile } from './compile.ts';
import { declare } from './declare.ts';
import { journalDeferred } from './defer.ts';
import { isUnsent } from './deferred.ts';
import { evict } from './evict.ts';
import { refuseFights } from './fights.ts';
import { AmbiguousWrite, guardedWrite, OneWayWrite } from './guarded-write.ts';
import { refuseJointLoss } from './joint-loss.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';
import { takeBack } from './take-back.ts';
import type { Caller, ObjectChange, StepRequest, StepResult, UndoReport } from './types.ts';

/** A command failed and could not be taken back: the transaction has to be taken back as a whole. */
export class HalfDone extends Error {}

/**
 * One command of a transaction: all of its writes or none.
 * @throws AmbiguousWrite, HalfDone, Fight: the caller has to abort the transaction
 */
export async function runStep(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  request: StepRequest,
  caller: Caller,
  /** Of the call that this is a command of; a call of its own is approved here. */
  ofCall?: Approved,
): Promise<StepResult> {
  if (session.usage.commands >= session.bounds.commands)
    checkBounds(session.bounds, session.usage, []);
  const writes = await compile(parts, shapes, request, caller.signal);
  if (writes.length === 0)
    throw new StratusError('no_change', 'Nothing to do: everything already is as asked.');
  checkRunnable(writes);
  checkFits(parts, session, writes);
  await refuseFights(parts, shapes, session, writes);
  await refuseJointLoss(parts, shapes, session, writes);
  const { tool, within } = request;
  const approved =
    ofCall ?? (await approveCommands(parts, shapes, [{ tool, writes }], caller, session));
  if (ofCall !== undefined) await checkApproved(shapes, writes, ofCall);
  session.usage = usageWith(session.usage, writes);
  const command = session.usage.commands;
  const changes: ObjectChange[] = [];
  const { signal } = caller;
  const context = { parts, shapes, session, tool, within, command, approved, signal };
  const startedAt = parts.clock.monotonic();
  try {
    declare(parts, session, writes);
    const afters = new Map<string, KubeObject>();
    for (const write of writes) {
      if (write.deferral !== undefined) {
        await journalDeferred(context, write, afters.get(write.id));
        changes.push(changeOf(parts, write));
      } else if (write.write.verb === 'evict') {
        const evicted = changes.filter(({ verb }) => verb === 'evict').length;
        await evict(context, write, { evicted, startedAt });
        changes.push(changeOf(parts, write));
      } else {
        const after = await guardedWrite(context, write);
        if (after !== undefined) afters.set(write.id, after);
        changes.push(changeOf(parts, write, after));
      }
    }
  } catch (error) {
    if (error instanceof AmbiguousWrite) throw error;
    await undoCommands(parts, shapes, session, [command], causeOf(error));
  }
  return {
    transaction: session.id,
    command,
    changes,
    budget: budgetOf(session.bounds, session.usage, session.deadlineAt, parts.clock.now()),
  };
}

/** Takes back what these commands did so far, because of an error, then throws it. @throws HalfDone */
export async function undoCommands(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  commands: readonly number[],
  cause: StratusError,
): Promise<never> {
  const { id: transaction, epoch } = session;
  let undone: UndoReport;
  try {
    undone = await takeBack(parts, shapes, { transaction, epoch, commands });
  } catch (failed) {
    throw new HalfDone(`${sentence(cause.message)} ${toStratusError(failed).message}`);
  }
  if (!undone.complete) throw new HalfDone(sentence(cause.message));
  throw cause;
}

function causeOf(error: unknown): StratusError {
  if (!(error instanceof OneWayWrite)) return toStratusError(error);
  return new StratusError(
    'undo_impossible',
    `The change went in, and the API server would refuse its undo: ${error.message}`,
    { rule: 'A2 faithful undo', cause: error },
  );
}

/** What the transaction itself says to the writes: its scope, its bounds, one name for one object. */
export function checkFits(
  parts: EngineParts,
  session: Session,
  writes: readonly CompiledWrite[],
): void {
  checkScope(session, writes);
  checkVersions(parts, session, writes);
  checkBounds(session.bounds, session.usage, writes);
}

/** Images of one object in two API versions can't be merged with each other. */
function checkVersions(
  parts: EngineParts,
  session: Session,
  writes: readonly CompiledWrite[],
): void {
  for (const { key } of writes) {
    const { group, kind, apiVersion } = key.resource;
    const steps = parts.journal.transactions.steps(session.id, { kind, name: key.name });
    const waiting = steps.find(
      (step) =>
        step.state === 'VERIFIED' &&
        isUnsent(step) &&
        groupOf(step.apiVersion) === group &&
        (step.namespace ?? undefined) === key.namespace,
    );
    if (waiting !== undefined) {
      throw new StratusError(
        'conflict',
        `${nameOfKey(key)} is removed when ${session.id} is committed (command ${waiting.command}).`,
        { next: 'Take that back first with undo_last, or leave the object as it is.' },
      );
    }
    const other = steps.find(
      (step) =>
        groupOf(step.apiVersion) === group &&
        (step.namespace ?? undefined) === key.namespace &&
        step.apiVersion !== apiVersion,
    );
    if (other === undefined) continue;
    throw new StratusError(
      'invalid_arguments',
      `${session.id} changed ${nameOfKey(key)} as ${other.apiVersion} before, and this call names it as ${apiVersion}.`,
      { next: `Use ${other.apiVersion} for it in this transaction.` },
    );
  }
}

function isNamespace({ resource }: ObjectKey): boolean {
  return resource.apiVersion === 'v1' && resource.kind === 'Namespace';
}

/** Severity is measured where the transaction said it would work, so it may not work elsewhere. */
function checkScope(session: Session, writes: readonly CompiledWrite[]): void {
  const { namespaces } = session.baseline.scope;
  if (namespaces === 'all') return;
  for (const { key, standsIn } of writes) {
    if (key.namespace !== undefined && namespaces.includes(key.namespace)) continue;
    // What it says about pods (Pod Security, quotas by label) is felt inside of it.
    if (isNamespace(key) && namespaces.includes(key.name)) continue;
    // The volume of a claim in scope.
    if (key.namespace === undefined && standsIn) continue;
    const wanted = key.namespace === undefined ? '*' : key.namespace;
    throw new StratusError(
      'invalid_arguments',
      `${nameOfKey(key)} lies outside of ${session.id}, which works in ${namespaces.join(', ')}.`,
      {
        rule: 'scope of the transaction',
        next: `Commit or abort ${session.id}, then call transaction_begin with "${wanted}" among its namespaces.`,
      },
    );
  }
}
