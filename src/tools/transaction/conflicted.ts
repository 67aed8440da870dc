import type { Json } from '../../core/json.ts';
import type { ObjectRef } from '../../core/kube.ts';
import { takenBy } from '../../core/taken.ts';
import type { StepState } from '../../journal/types.ts';

/** An object of which something could not be taken back. */
interface Left {
  readonly object: ObjectRef;
  readonly state: StepState;
  readonly conflicts: readonly Json[];
}

/** Addresses that somebody else has by now, each with who has it: they have to be freed, nothing can be decided. */
export function takenFrom({ state, conflicts }: Left): string[] {
  if (state !== 'UNDO_CONFLICT') return [];
  return conflicts.flatMap((one) => takenBy(one) ?? []);
}

/** What others changed too, where a person can decide whose change stays. */
export function toDecide<T extends Left>(objects: readonly T[]): T[] {
  return objects.filter((one) => one.state === 'UNDO_CONFLICT' && takenFrom(one).length === 0);
}
