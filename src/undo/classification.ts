import type { KubeObject } from '../core/kube.ts';
import type { ReversibilityClass } from '../journal/types.ts';
import type { Surroundings } from './surroundings.ts';

/** What a write would do, for its class: verb and both images. */
export interface Classifiable {
  readonly verb: 'create' | 'patch' | 'apply' | 'delete' | 'evict';
  readonly kind: string;
  readonly apiVersion: string;
  /** `undefined` for a create. */
  readonly before: KubeObject | undefined;
  /** The dry run's result; `undefined` for a delete. */
  readonly after: KubeObject | undefined;
  /** Of a delete. Where absent nothing is taken for granted. */
  readonly around?: Surroundings;
}

/**
 * What is done inside a transaction in place of a write that can't be taken back, so that the gate measures its
 * effect: keep the volume, stop what runs in the namespace, serve no version, cordon; or nothing.
 */
export type StandIn = 'retain' | 'quiesce' | 'unserve' | 'cordon' | 'nothing';

export interface Classification {
  readonly class: ReversibilityClass;
  /** The way back, or why there is none. One sentence. */
  readonly undo: string;
  /** Of an irreversible write: with an approval it may be put off until the commit is decided, behind this. */
  readonly standIn?: StandIn;
}

export function irreversible(why: string): Classification {
  return { class: 'irreversible', undo: `None: ${why}.` };
}
