import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import {
  at,
  equalJson,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import { isControlledBy, type KubeObject } from '../../core/kube.ts';

const DEPLOYMENT_REVISION = 'deployment.kubernetes.io/revision';
const HASH_LABEL = 'pod-template-hash';

/** One pod template that a workload has had. */
export interface Revision {
  readonly number: number;
  /** The ReplicaSet or ControllerRevision that keeps it. */
  readonly kept: KubeObject;
  readonly template: JsonObject;
  /** Images of its containers, for a reader to tell revisions apart. */
  readonly images: readonly string[];
  /** Pods of a Deployment's revision that are ready now. */
  readonly ready: number;
}

/**
 * The revisions that the workload's ReplicaSets or ControllerRevisions keep, oldest first. Only
 * what the workload itself controls counts: names and labels can be anybody's.
 */
export function revisionsOf(
  workload: Pick<LiveObject, 'uid'>,
  kept: readonly Pick<LiveObject, 'object'>[],
): Revision[] {
  return kept
    .filter(({ object }) => isControlledBy(object, workload.uid))
    .flatMap(({ object }) => revisionOf(object) ?? [])
    .sort((a, b) => a.number - b.number);
}

function revisionOf(object: KubeObject): Revision | undefined {
  const number =
    object.kind === 'ControllerRevision'
      ? numberOf(object.revision)
      : Number(object.metadata.annotations?.[DEPLOYMENT_REVISION] ?? Number.NaN);
  const template =
    object.kind === 'ControllerRevision'
      ? at(object, 'data', 'spec', 'template')
      : at(object, 'spec', 'template');
  if (number === undefined || Number.isNaN(number) || template === undefined) return undefined;
  const clean = cleanTemplate(objectOf(template));
  const images = objectsOf(at(clean, 'spec', 'containers')).map(
    (container) => stringOf(container.image) ?? '?',
  );
  const ready = numberOf(at(object, 'status', 'readyReplicas')) ?? 0;
  return { number, kept: object, template: clean, images, ready };
}

/** The template without what controllers add for themselves: the hash label, the patch directive. */
export function cleanTemplate(template: JsonObject): JsonObject {
  const { $patch: _, ...rest } = template;
  const metadata = objectOf(rest.metadata);
  const labels = objectOf(metadata.labels);
  if (labels[HASH_LABEL] === undefined) return rest;
  const { [HASH_LABEL]: _hash, ...others } = labels;
  return { ...rest, metadata: { ...metadata, labels: others } };
}

/**
 * The revision to go back to: the one asked for, or the newest whose template differs from now.
 * In a stuck rollout what still serves goes first: an attempt that was taken back leaves its
 * revision in the history, newer than the one that worked.
 * @throws StratusError that lists the revisions there are.
 */
export function chooseRevision(
  title: string,
  revisions: readonly Revision[],
  now: JsonObject,
  wanted: number | undefined,
): Revision {
  if (wanted === undefined) {
    const others = revisions.filter(({ template }) => !equalJson(template, now));
    const previous = others.findLast(({ ready }) => ready > 0) ?? others.at(-1);
    if (previous !== undefined) return previous;
    throw new StratusError(
      'invalid_arguments',
      `${title} has no earlier revision to go back to. ${describe(revisions)}`,
      { next: 'Change what is wrong directly, with mitigate_set_container or mitigate_patch.' },
    );
  }
  const found = revisions.find(({ number }) => number === wanted);
  if (found !== undefined) return found;
  throw new StratusError(
    'invalid_arguments',
    `${title} has no revision ${wanted}. ${describe(revisions)}`,
    { next: 'Name one of these revisions.' },
  );
}

function describe(revisions: readonly Revision[]): string {
  if (revisions.length === 0) return 'Its history is empty.';
  const lines = revisions.map(({ number, images }) => `${number} (${images.join(', ')})`);
  return `Revisions kept: ${lines.join('; ')}.`;
}
