import type { JsonObject } from '../../core/json.ts';
import type { ObjectRef } from '../../core/kube.ts';
import type { Container } from './workload.ts';

/** What one argument of mitigate_set_container changes; all changes of a call share one patch. */
export interface ContainerChange {
  /** Fields of the container, as a strategic merge patch has them. */
  readonly fields: JsonObject;
  readonly summary: string;
  readonly kubectl: string;
}

/** Plans one argument; undefined where the container already is as asked. */
export type ContainerPart<A> = (
  asked: A,
  container: Container,
  object: ObjectRef,
) => ContainerChange | undefined;
