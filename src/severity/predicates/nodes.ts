import { at } from '../../core/json.ts';
import type { Context, Finding, Predicate } from '../predicate.ts';
import { shorten } from '../text.ts';
import { asOwner, conditionOf } from '../view.ts';

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

function nodeHealth({ view }: Context): Finding[] {
  return view.list('Node').flatMap((node) => {
    const object = asOwner(node);
    const findings: Finding[] = [];
    const ready = conditionOf(node, 'Ready');
    if (ready?.status !== 'True') {
      const message = shorten(ready?.message || 'its Ready condition is not True');
      findings.push({ object, reason: 'NotReady', value: 1, message });
    }
    for (const type of PRESSURES) {
      const condition = conditionOf(node, type);
      if (condition?.status !== 'True') continue;
      findings.push({ object, reason: type, value: 1, message: shorten(condition.message) });
    }
    return findings;
  });
}

function cordoned({ view }: Context): Finding[] {
  return view
    .list('Node')
    .filter((node) => at(node, 'spec', 'unschedulable') === true)
    .map((node) => ({
      object: asOwner(node),
      reason: 'Unschedulable',
      value: 1,
      message: 'it is cordoned: no new pod is placed there',
    }));
}

export const nodePredicates: readonly Predicate[] = [
  { id: 'node', weight: 8, find: nodeHealth },
  { id: 'node-cordoned', weight: 8, find: cordoned },
];
