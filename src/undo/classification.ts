import { groupOf, type KubeObject } from '../core/kube.ts';
import type { ReversibilityClass } from '../journal/types.ts';

/** What a write would do, for its class: verb and both images. */
export interface Classifiable {
  readonly verb: 'create' | 'patch' | 'apply' | 'delete' | 'evict';
  readonly kind: string;
  readonly apiVersion: string;
  /** `undefined` for a create. */
  readonly before: KubeObject | undefined;
  /** The dry run's result; `undefined` for a delete. */
  readonly after: KubeObject | undefined;
}

export interface Classification {
  readonly class: ReversibilityClass;
  /** The way back, or why there is none. One sentence. */
  readonly undo: string;
}

/** Groups that the API server itself serves; anything else is a custom resource. */
export function isBuiltIn(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return group === '' || !group.includes('.') || group.endsWith('.k8s.io');
}

export function irreversible(why: string): Classification {
  return { class: 'irreversible', undo: `None: ${why}.` };
}
