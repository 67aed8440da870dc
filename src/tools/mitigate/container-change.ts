import { type JsonObject, stringifyJson } from '../../core/json.ts';
import type { KubeObject, ObjectRef } from '../../core/kube.ts';
import { redactArgs } from '../../core/redact-args.ts';
import { DEFAULT_REDACTION } from '../../core/redact-text.ts';
import { kubectlPatch } from './kubectl.ts';
import { type Container, containerPatch } from './workload.ts';

/** The container that a call is about, and the object that it is part of. */
export interface ContainerSite {
  readonly container: Container;
  readonly workload: KubeObject;
  readonly object: ObjectRef;
}

/** What one argument of mitigate_set_container changes; all changes of a call share one patch. */
export interface ContainerChange {
  /** Fields of the container, as a strategic merge patch has them. */
  readonly fields: JsonObject;
  readonly summary: string;
  readonly kubectl: string;
}

/** Plans one argument; undefined where the container already is as asked. */
export type ContainerPart<A> = (asked: A, site: ContainerSite) => ContainerChange | undefined;

/** The patch of one container, for what no shorter command sets. Journaled and shown, so redacted. */
export function containerCommand(
  { container, workload, object }: ContainerSite,
  fields: JsonObject,
) {
  const patch = containerPatch(workload, container, fields);
  const shown = redactArgs({ patch }, DEFAULT_REDACTION).patch ?? null;
  return kubectlPatch(object, 'strategic', stringifyJson(shown));
}
