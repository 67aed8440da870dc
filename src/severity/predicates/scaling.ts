import { at, numberOf } from '../../core/json.ts';
import type { Context, Finding, Predicate } from '../predicate.ts';
import { shorten } from '../text.ts';
import { asOwner, conditionOf } from '../view.ts';

function disruptionBudgets({ view }: Context): Finding[] {
  return view.list('PodDisruptionBudget').flatMap((budget) => {
    const desired = numberOf(at(budget, 'status', 'desiredHealthy')) ?? 0;
    const current = numberOf(at(budget, 'status', 'currentHealthy')) ?? 0;
    if (current >= desired) return [];
    const message = `${current} healthy pods, ${desired} wanted`;
    const value = (desired - current) / desired;
    return [{ object: asOwner(budget), reason: 'TooFewHealthy', value, message }];
  });
}

/** An autoscaler that can't work. One that is off because its target has 0 replicas is fine. */
function autoscalers({ view }: Context): Finding[] {
  return view.list('HorizontalPodAutoscaler').flatMap((autoscaler) =>
    ['AbleToScale', 'ScalingActive'].flatMap((type): Finding[] => {
      const condition = conditionOf(autoscaler, type);
      if (condition?.status !== 'False' || condition.reason === 'ScalingDisabled') return [];
      const message = shorten(`${condition.reason}: ${condition.message}`);
      return [{ object: asOwner(autoscaler), reason: `Not${type}`, value: 1, message }];
    }),
  );
}

export const scalingPredicates: readonly Predicate[] = [
  { id: 'disruption-budget', weight: 5, find: disruptionBudgets },
  { id: 'autoscaler', weight: 5, find: autoscalers },
];
