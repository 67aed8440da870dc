import {
  at,
  type Json,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { shortText } from '../render/untrusted.ts';

/** Trouble of a container: why it waits, or why it ended. */
export interface ContainerTrouble {
  readonly container: string;
  readonly reason: string;
  readonly message: string;
  readonly waiting: boolean;
  /** How the run before a wait ended, where that was no success: `OOMKilled, exit code 137`. */
  readonly last?: string;
}

/** The containers of a pod that wait or failed, init containers first. */
export function containerTroubles(pod: KubeObject): ContainerTrouble[] {
  const statuses = [
    ...objectsOf(at(pod, 'status', 'initContainerStatuses')),
    ...objectsOf(at(pod, 'status', 'containerStatuses')),
  ];
  return statuses.flatMap((status): ContainerTrouble[] => {
    const container = stringOf(status.name) ?? '';
    const waiting = objectOf(at(status, 'state', 'waiting'));
    const reason = stringOf(waiting.reason);
    if (reason !== undefined && reason !== 'PodInitializing' && reason !== 'ContainerCreating') {
      const last = endOf(objectOf(at(status, 'lastState', 'terminated')));
      const message = text(waiting.message);
      return [{ container, reason, message, waiting: true, ...(last ? { last } : {}) }];
    }
    const ended = objectOf(at(status, 'state', 'terminated'));
    const code = numberOf(ended.exitCode) ?? 0;
    if (code === 0) return [];
    const why = `${stringOf(ended.reason) ?? 'Error'} (exit code ${code})`;
    return [{ container, reason: why, message: text(ended.message), waiting: false }];
  });
}

const text = (value: Json | undefined) => shortText(stringOf(value) ?? '');

/** A back-off says only that a run failed; how it ended is the cause. */
function endOf(ended: JsonObject): string | undefined {
  const code = numberOf(ended.exitCode);
  const reason = stringOf(ended.reason) ?? 'Error';
  if (code === undefined || (code === 0 && reason === 'Completed')) return undefined;
  return `${reason}, exit code ${code}`;
}

/** `Pending, 0/1 ready, web: ImagePullBackOff, 3 restarts, on node-1`. */
export function podState(pod: KubeObject): string {
  const statuses = objectsOf(at(pod, 'status', 'containerStatuses'));
  const all = objectsOf(at(pod, 'spec', 'containers')).length;
  const ready = statuses.filter((status) => status.ready === true).length;
  const restarts = statuses.reduce((sum, it) => sum + (numberOf(it.restartCount) ?? 0), 0);
  const unscheduled = objectsOf(at(pod, 'status', 'conditions')).find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  const node = stringOf(at(pod, 'spec', 'nodeName'));
  return list([
    pod.metadata.deletionTimestamp ? 'Terminating' : stringOf(at(pod, 'status', 'phase')),
    stringOf(at(pod, 'status', 'reason')),
    `${ready}/${all} ready`,
    ...containerTroubles(pod).map(
      ({ container, reason, last }) =>
        `${container}: ${reason}${last ? ` (last run: ${last})` : ''}`,
    ),
    unscheduled && `${stringOf(unscheduled.reason)}: ${text(unscheduled.message)}`,
    restarts > 0 && `${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`,
    node && `on ${node}`,
  ]);
}

/** Higher is worse: pods with trouble come before those that serve. */
export function podTrouble(pod: KubeObject): number {
  const phase = stringOf(at(pod, 'status', 'phase'));
  if (containerTroubles(pod).length > 0 || phase === 'Failed') return 3;
  if (phase === 'Pending' || phase === 'Unknown') return 2;
  const statuses = objectsOf(at(pod, 'status', 'containerStatuses'));
  if (phase === 'Succeeded') return 0;
  return statuses.some((status) => status.ready !== true) ? 1 : 0;
}

/** Newest first among those equally bad. */
export function worstPodsFirst(pods: readonly KubeObject[]): KubeObject[] {
  return [...pods].sort(
    (a, b) =>
      podTrouble(b) - podTrouble(a) ||
      created(b) - created(a) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

function created(object: KubeObject): number {
  return Date.parse(stringOf(object.metadata.creationTimestamp) ?? '') || 0;
}

/** How an object is doing, in a few words; empty when there is nothing to say. */
export function stateOf(object: KubeObject): string {
  const status = objectOf(object.status);
  const spec = objectOf(object.spec);
  const count = (value: Json | undefined) => numberOf(value) ?? 0;
  const terminating = object.metadata.deletionTimestamp ? 'Terminating' : undefined;
  switch (object.kind) {
    case 'Pod':
      return podState(object);
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
      return list([
        terminating,
        `${count(status.readyReplicas)}/${numberOf(spec.replicas) ?? 1} ready`,
        spec.replicas === 0 && object.kind !== 'ReplicaSet' && 'scaled to 0',
        updatedOf(object),
        spec.paused === true && 'paused',
      ]);
    case 'DaemonSet':
      return list([
        terminating,
        `${count(status.numberReady)}/${count(status.desiredNumberScheduled)} ready`,
        updatedOf(object),
      ]);
    case 'Job':
      return list([
        terminating,
        `${count(status.succeeded)} succeeded, ${count(status.failed)} failed, ${count(status.active)} active`,
        spec.suspend === true && 'suspended',
      ]);
    case 'CronJob':
      return list([stringOf(spec.schedule), spec.suspend === true && 'suspended']);
    case 'Node': {
      const bad = objectsOf(status.conditions).filter(({ type, status: is }) =>
        type === 'Ready' ? is !== 'True' : is === 'True',
      );
      return list([
        bad.length === 0 ? 'Ready' : bad.map(({ type, status: is }) => `${type}=${is}`).join(', '),
        spec.unschedulable === true && 'unschedulable',
      ]);
    }
    case 'ResourceQuota': {
      const used = objectOf(status.used);
      return Object.entries(objectOf(status.hard ?? spec.hard))
        .map(([name, hard]) => `${name} ${used[name] ?? '?'} of ${hard}`)
        .join(', ');
    }
    case 'PersistentVolumeClaim':
    case 'PersistentVolume':
    case 'Namespace':
      return list([terminating, stringOf(status.phase), stringOf(spec.storageClassName)]);
    case 'EndpointSlice': {
      const endpoints = objectsOf(object.endpoints);
      const ready = endpoints.filter((it) => at(it, 'conditions', 'ready') !== false).length;
      return `${ready}/${endpoints.length} endpoints ready`;
    }
    case 'HorizontalPodAutoscaler':
      return `${count(status.currentReplicas)} replicas, wants ${wantedOf(object)}, allowed ${numberOf(spec.minReplicas) ?? 1} to ${count(spec.maxReplicas)}`;
    case 'PodDisruptionBudget':
      return `${count(status.currentHealthy)} healthy, ${count(status.desiredHealthy)} wanted, ${count(status.disruptionsAllowed)} disruptions allowed`;
    case 'Service':
      return list([
        stringOf(spec.type),
        objectsOf(spec.ports)
          .map(({ port, targetPort }) => `${port}→${targetPort ?? port}`)
          .join(', '),
      ]);
    default:
      return list([terminating, stringOf(status.phase), readiness(object)]);
  }
}

/** `1/3 updated` while a rollout is under way: pods that are ready may all be of the old template. */
function updatedOf({ kind, spec, status }: KubeObject): string | undefined {
  const has = (field: string) => numberOf(at(status, field)) ?? 0;
  const daemons = kind === 'DaemonSet';
  const all = daemons ? has('desiredNumberScheduled') : (numberOf(at(spec, 'replicas')) ?? 1);
  const updated = has(daemons ? 'updatedNumberScheduled' : 'updatedReplicas');
  // A StatefulSet counts them only during a rollout; a ReplicaSet has no updates.
  const revisions = [at(status, 'currentRevision'), at(status, 'updateRevision')];
  const still = kind === 'StatefulSet' ? revisions[0] === revisions[1] : kind === 'ReplicaSet';
  return still || updated >= all ? undefined : `${updated}/${all} updated`;
}

/** An autoscaler that can't compute a count reports 0, which it would never want. */
function wantedOf({ spec, status }: KubeObject): string {
  const desired = numberOf(at(status, 'desiredReplicas')) ?? 0;
  const least = numberOf(at(spec, 'minReplicas')) ?? 1;
  const current = numberOf(at(status, 'currentReplicas')) ?? 0;
  return desired === 0 && least > 0 && current > 0 ? 'an unknown number' : String(desired);
}

/** What generic status conditions say: the kstatus convention of custom resources. */
function readiness(object: KubeObject): string | undefined {
  const conditions = objectsOf(at(object, 'status', 'conditions'));
  const ready = conditions.find(({ type }) => type === 'Ready' || type === 'Available');
  return ready && `${ready.type}=${ready.status}`;
}

function list(parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(', ');
}
