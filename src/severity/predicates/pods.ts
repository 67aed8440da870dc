import { at, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { factsOf } from '../facts.ts';
import { byOwner, type Context, graceMs, type PodHit, type Predicate } from '../predicate.ts';
import { isReady, makerOf } from '../view.ts';

/** Events that say why a pod's volumes or sandbox can't be set up; of several the first kind counts. */
const SETUP_EVENTS: Readonly<Record<string, string>> = {
  FailedAttachVolume: 'Volume',
  FailedMount: 'Volume',
  FailedCreatePodSandBox: 'Sandbox',
};

/** True when `since` lies longer ago than the grace; an unknown time counts as long ago. */
function isOver(context: Context, since: number | undefined): boolean {
  return since === undefined || context.view.at - since > graceMs(context);
}

function isOfJob(pod: KubeObject): boolean {
  return makerOf(pod)?.kind === 'Job';
}

function unschedulable(context: Context): PodHit[] {
  return context.view.remarkable.flatMap((pod) => {
    const { scheduled, createdAt } = factsOf(pod);
    if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return [];
    if (!isOver(context, scheduled.since ?? createdAt)) return [];
    return [{ pod, reason: 'Unschedulable', message: scheduled.message }];
  });
}

function setupFailed(context: Context): PodHit[] {
  const events = new Map<string, { reason: string; message: string }>();
  for (const event of context.view.list('Event')) {
    const reason = SETUP_EVENTS[stringOf(event.reason) ?? ''];
    const uid = stringOf(at(event, 'involvedObject', 'uid'));
    if (uid === undefined || reason === undefined) continue;
    if (events.get(uid)?.reason === 'Volume' && reason !== 'Volume') continue;
    events.set(uid, { reason, message: stringOf(event.message) ?? '' });
  }
  if (events.size === 0) return [];
  return context.view.remarkable.flatMap((pod) => {
    const event = events.get(pod.metadata.uid ?? '');
    if (event === undefined || !isBeingSetUp(pod) || !isOver(context, factsOf(pod).createdAt))
      return [];
    return [{ pod, ...event }];
  });
}

/** An old event doesn't count for a pod whose containers came to life since. */
function isBeingSetUp(pod: KubeObject): boolean {
  const { phase, containers } = factsOf(pod);
  const waits = ['ContainerCreating', 'PodInitializing'];
  return (
    phase === 'Pending' &&
    containers.every(({ status }) =>
      waits.includes(stringOf(at(status, 'state', 'waiting', 'reason')) ?? ''),
    )
  );
}

/** Placed but not serving. Pods with a container in trouble have a finding of their own. */
function notReady(context: Context): PodHit[] {
  const failed = new Set(setupFailed(context).map((hit) => factsOf(hit.pod).key));
  return context.view.remarkable.flatMap((pod) => {
    if (isReady(pod)) return [];
    const { key, phase, scheduled, ready, createdAt } = factsOf(pod);
    const isPlaced = phase === 'Running' || (phase === 'Pending' && scheduled?.status === 'True');
    if (!isPlaced || isOfJob(pod)) return [];
    if (context.troubled.has(key) || failed.has(key)) return [];
    if (!isOver(context, ready?.since ?? scheduled?.since ?? createdAt)) return [];
    const message = ready?.message || `${phase}, not ready`;
    return [{ pod, reason: 'NotReady', message }];
  });
}

function failed(context: Context): PodHit[] {
  return context.view.remarkable.flatMap((pod) => {
    if (factsOf(pod).phase !== 'Failed' || isOfJob(pod)) return [];
    const reason = stringOf(at(pod, 'status', 'reason')) === 'Evicted' ? 'Evicted' : 'Failed';
    return [{ pod, reason, message: stringOf(at(pod, 'status', 'message')) ?? reason }];
  });
}

const predicate = (id: string, hits: (context: Context) => PodHit[]): Predicate => ({
  id,
  weight: 6,
  find: (context) => byOwner(context.view, hits(context)),
});

export const podPredicates: readonly Predicate[] = [
  predicate('pod-unschedulable', unschedulable),
  predicate('pod-setup', setupFailed),
  predicate('pod-not-ready', notReady),
  predicate('pod-failed', failed),
];
