import {
  at,
  equalJson,
  type JsonObject,
  numberOf,
  objectOf,
  stringOf,
} from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import type { RedactionRules } from '../../../core/redact-text.ts';
import { compact } from '../../render/manifest.ts';
import { ageText } from '../../render/time.ts';
import { shortText } from '../../render/untrusted.ts';
import { cleanTemplate, type Revision } from '../../revisions/revisions.ts';
import { podTrouble } from '../state.ts';

const HASH = 'controller-revision-hash';

/**
 * The revision that the workload wants now. Undefined while the controller hasn't recorded the
 * template: not observed yet, or the Deployment is paused.
 */
export function currentRevision(
  workload: KubeObject,
  revisions: readonly Revision[],
): Revision | undefined {
  const now = cleanTemplate(objectOf(at(workload, 'spec', 'template')));
  const same = revisions.findLast(({ template }) => equalJson(plain(template), plain(now)));
  if (same !== undefined || workload.kind === 'Deployment') return same;
  const observed = numberOf(at(workload, 'status', 'observedGeneration')) ?? 0;
  if (observed < (numberOf(workload.metadata.generation) ?? 0)) return undefined;
  const name = at(workload, 'status', 'updateRevision');
  // What was stored by an older API server lacks fields that are defaulted today.
  return name === undefined
    ? revisions.at(-1)
    : revisions.find(({ kept }) => kept.metadata.name === name);
}

/** Without the nulls that stored templates have (`creationTimestamp: null`). */
export function plain(template: JsonObject): JsonObject {
  const metadata = objectOf(template.metadata);
  const kept = Object.entries(metadata).filter(([, value]) => value !== null);
  return { ...template, metadata: Object.fromEntries(kept) };
}

/** Whether a pod was made from this revision. */
export function isOf(revision: Revision, pod: KubeObject): boolean {
  const { kept } = revision;
  if (kept.kind !== 'ControllerRevision') {
    const owners = at(pod, 'metadata', 'ownerReferences');
    return Array.isArray(owners) && owners.some((it) => at(it, 'uid') === kept.metadata.uid);
  }
  const hash = stringOf(at(pod, 'metadata', 'labels', HASH)) ?? '';
  const { name } = kept.metadata;
  // StatefulSet pods carry the revision's name, DaemonSet pods its hash.
  return hash !== '' && (hash === name || name.endsWith(`-${hash}`));
}

/** One revision as an answer shows it. */
export function showRevision(
  revision: Revision,
  facts: {
    readonly current: boolean;
    /** Undefined when the pods could not be seen. */
    readonly pods: readonly KubeObject[] | undefined;
    readonly now: number;
    readonly rules: RedactionRules;
  },
): JsonObject {
  const { kept, number, images } = revision;
  const { replicas, ready } = countsOf(revision, facts.pods);
  const cause = kept.metadata.annotations?.['kubernetes.io/change-cause'];
  return compact({
    revision: number,
    created: `${ageText(stringOf(kept.metadata.creationTimestamp), facts.now) ?? 'unknown'} ago`,
    images: images.map((image) => shortText(image, 200)),
    change_cause: cause === undefined ? undefined : shortText(redactText(cause, facts.rules), 200),
    pods: replicas === undefined ? undefined : `${ready}/${replicas} ready`,
    ...(facts.current ? { wanted: true } : {}),
    ...(ready > 0 ? { serves: true } : {}),
  });
}

/** Pods of the revision that are ready now. */
export function readyOf(revision: Revision, pods: readonly KubeObject[] | undefined): number {
  return countsOf(revision, pods).ready;
}

function countsOf(revision: Revision, pods: readonly KubeObject[] | undefined) {
  if (revision.kept.kind !== 'ControllerRevision') {
    return {
      replicas: numberOf(at(revision.kept, 'status', 'replicas')) ?? 0,
      ready: revision.ready,
    };
  }
  const theirs = pods?.filter((pod) => isOf(revision, pod));
  const ready = theirs?.filter((pod) => podTrouble(pod) === 0).length ?? 0;
  return { replicas: theirs?.length, ready };
}
