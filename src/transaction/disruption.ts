import type { ObjectKey, WriteOutcome } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { plainText } from '../core/plain-text.ts';
import { nameOfKey } from './answers.ts';

/** A PodDisruptionBudget that does not let a pod go now. */
export interface RefusingBudget {
  /** `PodDisruptionBudget shop/web`. */
  readonly name: string;
  /** The API server's sentence about it. */
  readonly why: string;
}

/**
 * The budget behind the refusal of an eviction; undefined when it has another cause. A 429 alone does not tell:
 * priority and fairness answers with it as well, in plain text and without this cause.
 */
export function refusingBudget(
  key: ObjectKey,
  outcome: Extract<WriteOutcome, { kind: 'rejected' }>,
): RefusingBudget | undefined {
  if (outcome.status !== 429) return undefined;
  const cause = outcome.causes.find(({ reason }) => reason === 'DisruptionBudget');
  if (cause === undefined) return undefined;
  const why = plainText(cause.message || outcome.message);
  const [, name] = /disruption budget (\S+)/.exec(why) ?? [];
  const kind = 'PodDisruptionBudget';
  return { name: name === undefined ? kind : `${kind} ${key.namespace}/${name}`, why };
}

/** A budget already says no in the dry run. */
export function refusedByBudget(key: ObjectKey, budget: RefusingBudget): StratusError {
  return new StratusError(
    'dry_run_rejected',
    `${budget.name} does not let ${nameOfKey(key)} be evicted now: ${budget.why}`,
    {
      rule: budget.name,
      next: `Wait until the other pods of the budget are ready, then call again. Where it never allows a disruption (minAvailable equals the replicas), scale the workload up first.`,
    },
  );
}

/** Waiting for the budget was in vain. */
export function budgetNeverAllowed(
  key: ObjectKey,
  budget: RefusingBudget,
  waited: { readonly seconds: number; readonly evicted: number },
): StratusError {
  const { seconds, evicted } = waited;
  const gone =
    evicted === 0
      ? 'No pod had been evicted before.'
      : `${evicted} ${evicted === 1 ? 'pod' : 'pods'} had been evicted before and ${evicted === 1 ? 'does' : 'do'} not come back; their controllers replace them.`;
  return new StratusError(
    'conflict',
    `${budget.name} did not let ${nameOfKey(key)} be evicted within ${seconds} s: ${budget.why} ${gone} The rest of the command was taken back.`,
    {
      rule: budget.name,
      changed: evicted === 0 ? 'nothing' : 'something',
      next: 'See why its other pods do not become ready (observe_health, observe_describe of the budget), then drain again.',
    },
  );
}
