import { at, equalJson } from '../core/json.ts';
import type { ObjectRef } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';
import { groupKind } from '../undo/group-kind.ts';
import { type OpenImage, objectOfImage } from '../undo/groups.ts';
import { refOfStep } from './refs.ts';

/** Kinds whose update strategy may keep a template from every pod. */
const HOLD_BACK = ['StatefulSet.apps', 'DaemonSet.apps'];

/** The workloads whose pod template a transaction changed, where a strategy may hold it back. */
export function retoldRefs(steps: readonly StepRow[], image: OpenImage): ObjectRef[] {
  const template = (seq: number, name: 'pre' | 'post') =>
    at(objectOfImage(image(seq, name)), 'spec', 'template');
  return steps
    .filter((step) => HOLD_BACK.includes(groupKind(step.apiVersion, step.kind)))
    .filter((step) => step.state === 'VERIFIED' && step.verb !== 'delete')
    .filter(({ seq }) => {
      const before = template(seq, 'pre');
      return before !== undefined && !equalJson(before, template(seq, 'post'));
    })
    .map(refOfStep);
}
