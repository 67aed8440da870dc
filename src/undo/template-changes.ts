import { at, equalJson } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { UndoGroup } from './types.ts';

/**
 * What the steps made of a workload wherever they gave it another pod template: by an update, or by creating another
 * one in place of a deleted one.
 */
export function changedTemplates({ steps }: Pick<UndoGroup, 'steps'>): KubeObject[] {
  let last: KubeObject | undefined;
  return steps.flatMap(({ pre, post }) => {
    const before = pre ?? last;
    last = post ?? pre ?? last;
    return before && post && isOther(before, post) ? [post] : [];
  });
}

/** True where the steps gave a workload another pod template. */
export function changesTemplate(group: Pick<UndoGroup, 'steps'>): boolean {
  return changedTemplates(group).length > 0;
}

function isOther(before: KubeObject, after: KubeObject): boolean {
  return !equalJson(at(before, 'spec', 'template'), at(after, 'spec', 'template'));
}
