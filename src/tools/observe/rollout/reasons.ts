import { at, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import type { RedactionRules } from '../../../core/redact-text.ts';
import { shortText } from '../../render/untrusted.ts';
import { containerTroubles, worstPodsFirst } from '../state.ts';

const SHOWN = 6;

/** Why pods of the wanted revision don't come up, and what the controller says about it. */
export interface Reasons {
  /** Worst first, equal ones once with their count. */
  readonly why: readonly string[];
  /** A new pod with a container that waits or failed; the first place to look. */
  readonly troubled?: KubeObject;
  /** The worst new pod that has a reason, troubled or not. */
  readonly worst?: KubeObject;
}

/**
 * @param isNew whether a pod runs the wanted revision.
 */
export function reasonsOf(
  workload: KubeObject,
  pods: readonly KubeObject[],
  isNew: (pod: KubeObject) => boolean,
  rules: RedactionRules,
): Reasons {
  const clean = (text: string | undefined) => shortText(redactText(text ?? '', rules), 200);
  const conditions = objectsOf(at(workload, 'status', 'conditions'));
  const saying = (type: string, status: string) =>
    conditions
      .filter((it) => it.type === type && it.status === status)
      .map((it) => `${type}=${status}: ${it.reason}, ${clean(stringOf(it.message))}`);
  const fresh = worstPodsFirst(pods.filter(isNew));
  const groups = new Map<string, string[]>();
  for (const pod of fresh) {
    const reason = reasonOf(pod, clean);
    if (reason === undefined) continue;
    groups.set(reason, [...(groups.get(reason) ?? []), pod.metadata.name]);
  }
  const grouped = [...groups].map(([reason, [first, ...more]]) =>
    more.length > 0 ? `${first} and ${more.length} more: ${reason}` : `${first}: ${reason}`,
  );
  // Known behaviour of StatefulSets: a pod that never becomes ready is waited for, not replaced.
  const held =
    workload.kind === 'StatefulSet'
      ? pods
          .filter((pod) => !isNew(pod) && containerTroubles(pod).length > 0)
          .map(
            (pod) =>
              `${pod.metadata.name} runs an earlier revision and is not ready (${reasonOf(pod, clean)}): the controller waits for it instead of replacing it; deleting the pod lets it go on`,
          )
      : [];
  // That the deadline passed is no reason: the pods come first.
  const why = [
    ...saying('ReplicaFailure', 'True'),
    ...grouped,
    ...held,
    ...saying('Progressing', 'False'),
  ];
  const troubled = fresh.find((pod) => containerTroubles(pod).length > 0);
  const worst = fresh.find((pod) => reasonOf(pod, clean) !== undefined);
  const left = why.length - SHOWN;
  return {
    why: left > 0 ? [...why.slice(0, SHOWN), `and ${left} more reasons`] : why,
    ...(troubled ? { troubled } : {}),
    ...(worst ? { worst } : {}),
  };
}

function reasonOf(
  pod: KubeObject,
  clean: (text: string | undefined) => string,
): string | undefined {
  const troubles = containerTroubles(pod);
  if (troubles.length > 0) {
    return troubles
      .map(({ container, reason, message, waiting, last }) => {
        const ended = last ? `, its last run ended: ${last}` : '';
        const what = `${container} ${waiting ? 'waits' : 'ended'}: ${reason}${ended}`;
        return message === '' ? what : `${what} (${clean(message)})`;
      })
      .join('; ');
  }
  const conditions = objectsOf(at(pod, 'status', 'conditions'));
  const unscheduled = conditions.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (unscheduled) return `${unscheduled.reason}: ${clean(stringOf(unscheduled.message))}`;
  const unready = conditions.find(({ type, status }) => type === 'Ready' && status !== 'True');
  if (!unready) return undefined;
  const phase = stringOf(at(pod, 'status', 'phase')) ?? 'unknown';
  return `${phase}, not ready${unready.reason ? `: ${unready.reason}` : ''}`;
}
