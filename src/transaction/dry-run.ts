import type { LiveObject, ObjectKey, WriteOutcome, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { COMMAND_MANAGER } from '../core/managers.ts';
import { redactText } from '../core/redact.ts';
import { nameOfKey, refusal } from './answers.ts';
import type { WriteTarget } from './compile.ts';
import { isFinalizerRemoval } from './defer.ts';
import { type Dependents, dependentsOf } from './dependents.ts';
import { refusedByBudget, refusingBudget } from './disruption.ts';
import { conflictsWithOursAlone, LEFT_BEHIND, leavesOursBehind } from './own-fields.ts';
import type { EngineParts } from './parts.ts';
import { requestOf } from './request.ts';
import type { Shapes } from './shapes.ts';
import { isStale, newerBase, pauseAfterStale, STALE_ATTEMPTS } from './stale.ts';
import type { PlannedWrite } from './types.ts';
import { isRemoval } from './verbs.ts';

export interface Rehearsed {
  readonly base: LiveObject | undefined;
  readonly request: WriteRequest;
  readonly dependents: Dependents | undefined;
  /** The dry run's result; undefined where the object goes. */
  readonly predicted: LiveObject | undefined;
  readonly warnings: readonly string[];
}

/** The request conditioned on the fresh read, and its dry run. @throws StratusError when it is refused */
export async function dryRun(
  parts: EngineParts,
  shapes: Shapes,
  { write, key, signal, known }: Pick<WriteTarget, 'write' | 'key' | 'signal' | 'known'>,
  intentId: string,
): Promise<Rehearsed> {
  const options = signal === undefined ? {} : { signal };
  let base = known === undefined ? await parts.reader.get(key, options) : known.live;
  checkPresence(write, key, base);
  const deleted = write.verb === 'delete' ? base : undefined;
  const dependents = deleted && (await dependentsOf(parts, key, deleted.uid, signal));
  const send = (request: WriteRequest) =>
    parts.writer.dryRun(request, {
      ...options,
      auditId: `${intentId}-dry`,
      fieldManager: COMMAND_MANAGER,
      purpose: 'send',
    });
  for (let attempt = 1; ; attempt++) {
    let request = requestOf(write, key, base, intentId, propagationOf(key, dependents));
    let outcome = await send(request);
    if (request.verb === 'patch' && conflictsWithOursAlone(outcome)) {
      request = { ...request, force: true };
      outcome = await send(request);
    }
    if (base !== undefined && isStale(outcome) && attempt < STALE_ATTEMPTS) {
      await pauseAfterStale(parts.clock, attempt, signal);
      base = await newerBase(parts, shapes, key, base, signal);
      checkPresence(write, key, base);
      continue;
    }
    if (outcome.kind !== 'applied') throw unrehearsed(parts, key, outcome);
    const predicted = isRemoval(write.verb) ? undefined : outcome.object;
    if (!isRemoval(write.verb) && predicted === undefined) {
      throw new StratusError(
        'cluster_error',
        `The dry run of ${nameOfKey(key)} did not say what the change would do.`,
      );
    }
    const left = write.verb === 'apply' && predicted && leavesOursBehind(predicted.object);
    const warnings = left ? [...outcome.warnings, LEFT_BEHIND] : outcome.warnings;
    return { base, request, dependents, predicted, warnings };
  }
}

function unrehearsed(
  parts: EngineParts,
  key: ObjectKey,
  outcome: Exclude<WriteOutcome, { kind: 'applied' }>,
): StratusError {
  const { redaction } = parts.policy;
  if (outcome.kind === 'rejected') {
    const budget = refusingBudget(key, outcome);
    if (budget !== undefined) return refusedByBudget(key, budget);
    return refusal(key, outcome, 'dry_run_rejected', 'The dry run', redaction);
  }
  return new StratusError(
    'cluster_error',
    `The dry run of ${nameOfKey(key)} got no clear answer: ${redactText(outcome.message, redaction)}`,
    {
      next: 'A change that cannot be rehearsed is not made. Look for a failing admission webhook or an API server in trouble.',
    },
  );
}

/** A workload's children are made by its controller at any time, so they are kept even when none was seen. */
function propagationOf(
  key: ObjectKey,
  dependents: Dependents | undefined,
): 'Orphan' | 'Background' {
  if (key.resource.group === '' && key.resource.kind === 'Pod') return 'Background';
  const owns = dependents !== undefined && (dependents.hidden || dependents.seen.length > 0);
  return key.resource.group === 'apps' || owns ? 'Orphan' : 'Background';
}

/** What goes with a deleted object, for the plan. */
export function cascadeOf(dependents: Dependents | undefined): string[] {
  const names = (dependents?.seen ?? []).map(({ kind, name }) => `${kind}/${name}`);
  const some = names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  const hidden = dependents?.hidden
    ? [
        'Kinds that may not be listed here may hold more that it owns; that is left without an owner.',
      ]
    : [];
  return names.length === 0
    ? hidden
    : [`Goes with it, after the commit: ${some}${more}.`, ...hidden];
}

function checkPresence(write: PlannedWrite, key: ObjectKey, base: LiveObject | undefined): void {
  if (write.verb === 'create' && base !== undefined) {
    throw new StratusError('conflict', `${nameOfKey(key)} exists already.`, {
      next: 'Change it with mitigate_apply or mitigate_patch, or create it under another name.',
    });
  }
  if ((write.verb === 'patch' || isRemoval(write.verb)) && base === undefined) {
    throw new StratusError('not_found', `${nameOfKey(key)} does not exist.`);
  }
  // Of a patch the dry run tells whether it is about finalizers alone.
  if (write.verb !== 'patch') refuseTerminating(write, key, base, []);
}

export function refuseTerminating(
  write: PlannedWrite,
  key: ObjectKey,
  base: LiveObject | undefined,
  changedPaths: readonly string[],
): void {
  const lifts = write.verb === 'patch' && isFinalizerRemoval(base?.object, changedPaths);
  if (base?.object.metadata.deletionTimestamp !== undefined && !lifts) {
    throw new StratusError('irreversible', `${nameOfKey(key)} is being deleted.`, {
      next: 'Wait until it is gone; a terminating object can not be changed back.',
    });
  }
}
