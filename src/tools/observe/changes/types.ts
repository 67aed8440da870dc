/**
 * `rollout`: a workload got a pod template. `created`, `deleting`: of the object as a whole. `write`: somebody wrote
 * fields of it. `event`: what Kubernetes reported.
 */
export type ChangeKind = 'rollout' | 'created' | 'deleting' | 'write' | 'event';

/** Something that changed. */
export interface Change {
  /** Tells apart what happened in the same second. */
  readonly id: string;
  /** Wall ms; Kubernetes keeps whole seconds. */
  readonly at: number;
  readonly what: ChangeKind;
  /** `Deployment shop/catalog`. */
  readonly object: string;
  /** Field manager, or the component that reported an event. */
  readonly by?: string;
  readonly said: string;
  /** What takes another look to tell; asked for the changes that are shown only. */
  readonly tell?: () => Promise<Partial<Pick<Change, 'said' | 'by'>>>;
}
