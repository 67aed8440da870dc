import { StratusError } from '../core/errors.ts';
import { describeRef } from '../core/kube.ts';
import type { Bounds } from '../policy/types.ts';
import type { CompiledWrite } from './compile.ts';
import { floorOf, podsAtRisk, replicasOf } from './pods-at-risk.ts';
import type { Budget } from './types.ts';

/** What a transaction has used of its bounds. */
export interface Usage {
  readonly commands: number;
  /** Object → pods at risk with it. */
  readonly objects: ReadonlyMap<string, number>;
}

export function budgetOf(bounds: Bounds, usage: Usage, deadlineAt: number, now: number): Budget {
  return {
    commandsLeft: Math.max(0, bounds.commands - usage.commands),
    secondsLeft: Math.max(0, Math.floor((deadlineAt - now) / 1000)),
    objectsLeft: Math.max(0, bounds.objects - usage.objects.size),
    podsAtRiskLeft: Math.max(0, bounds.podsAtRisk - total(usage.objects)),
  };
}

/** Usage after the writes, if they were made. */
export function usageWith(usage: Usage, writes: readonly CompiledWrite[]): Usage {
  const objects = new Map(usage.objects);
  for (const write of writes) {
    const pods = podsAtRisk(write.base?.object, write.predicted);
    objects.set(write.id, Math.max(objects.get(write.id) ?? 0, pods));
  }
  // What waits for the commit counts twice: its stand-in now, and itself then.
  const later = writes.filter(({ deferral }) => deferral !== undefined).length;
  return { commands: usage.commands + 1 + later, objects };
}

/**
 * The bounded risk window (A3).
 * @throws StratusError bound_exceeded that names the bound
 */
export function checkBounds(bounds: Bounds, usage: Usage, writes: readonly CompiledWrite[]): void {
  for (const write of writes) checkReplicas(bounds, write);
  const after = usageWith(usage, writes);
  if (after.commands > bounds.commands) {
    throw exceeded('commands', bounds.commands, 'The transaction has used all its commands');
  }
  if (after.objects.size > bounds.objects) {
    throw exceeded(
      'objects',
      bounds.objects,
      `The change would touch ${after.objects.size} objects`,
    );
  }
  const pods = total(after.objects);
  if (pods > bounds.podsAtRisk) {
    throw exceeded('podsAtRisk', bounds.podsAtRisk, `The change would put ${pods} pods at risk`);
  }
}

function checkReplicas(bounds: Bounds, { base, predicted, write }: CompiledWrite): void {
  const name = describeRef(write.object);
  const after = replicasOf(predicted);
  if (after === undefined) return;
  const before = replicasOf(base?.object) ?? 0;
  if (after !== before && after > bounds.replicas) {
    throw exceeded('replicas', bounds.replicas, `${name} would have ${after} replicas`);
  }
  if (base === undefined) return;
  checkChange(bounds, `${name} would go`, before, after);
  checkChange(
    bounds,
    `${name} would raise or lower what it starts at once`,
    floorOf(base.object),
    floorOf(predicted),
  );
}

function checkChange(bounds: Bounds, what: string, before: number, after: number): void {
  if (Math.abs(after - before) <= bounds.replicaChange) return;
  throw exceeded(
    'replicaChange',
    bounds.replicaChange,
    `${what} from ${before} to ${after} replicas in one command`,
  );
}

function total(objects: ReadonlyMap<string, number>): number {
  return [...objects.values()].reduce((sum, pods) => sum + pods, 0);
}

function exceeded(bound: keyof Bounds, limit: number, what: string): StratusError {
  return new StratusError('bound_exceeded', `${what}; the policy's bound ${bound} is ${limit}.`, {
    rule: `bounds.${bound}`,
    ...(bound === 'commands'
      ? {}
      : {
          next: `Ask for less at once: bounds.${bound} of the policy counts for a whole transaction.`,
        }),
  });
}
