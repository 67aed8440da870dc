import type { KubeObject } from '../core/kube.ts';

/** What decides, beside the object itself, whether a delete can be taken back. Read fresh for each plan. */
export interface Surroundings {
  /** Why something could not be read; the delete is then taken for one that can't be undone. */
  readonly unread?: string;
  /** The volume of a claim that is bound. */
  readonly volume?: KubeObject;
  /** Pods that use a claim, or that run on a node and would not move away by themselves. */
  readonly users?: readonly string[];
  /** Objects of a definition: how many are stored, and those that a finalizer would hold. */
  readonly instances?: { readonly count: number; readonly held: readonly string[] };
  /** Secrets with tokens of a ServiceAccount: their controller deletes them with it. */
  readonly tokens?: readonly string[];
}
