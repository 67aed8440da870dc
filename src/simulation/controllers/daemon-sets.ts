import {
  equalJson,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { mayRun } from '../scheduler/filters.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import { scaledValue } from './deployment-bounds.ts';
import type { Controller } from './loop.ts';
import {
  availableAt,
  claim,
  isDeleting,
  isFinished,
  isReady,
  keyOf,
  ownerKeys,
  podOf,
  specOf,
  splitKey,
} from './pods.ts';
import { cleanRevisions, presentRevision, REVISION_HASH } from './revisions.ts';

const HASH = 'controller.kubernetes.io/hash';

/** Keeps one pod on each node that a DaemonSet may run on. */
export function daemonSetController(client: Client): Controller {
  return {
    concerns({ kind, object }: Change) {
      if (kind.kind === 'DaemonSet') return [keyOf(object)];
      if (kind.kind === 'Node') return client.list('DaemonSet').map(keyOf);
      return kind.kind === 'Pod' ? ownerKeys(object, 'DaemonSet') : [];
    },
    reconcile(key) {
      const set = client.get('DaemonSet', ...splitKey(key));
      if (set === undefined || isDeleting(set)) return undefined;
      const revision = presentRevision(client, set);
      const hash = stringOf(objectOf(revision.metadata.labels)[HASH]) ?? '';
      const nodes = client.list('Node');
      const wanted = nodes.filter((node) => mayRun(daemonPod(set, node, hash), node));
      place(client, set, wanted, hash);
      replaceOld(client, set, wanted, hash);
      report(client, set, wanted, hash);
      cleanRevisions(client, set, new Set([revision.metadata.name]));
      return undefined;
    },
  };
}

/** The node that a pod runs on, or is meant for. */
function nodeOf(pod: KubeObject): string | undefined {
  const spec = specOf(pod);
  if (typeof spec.nodeName === 'string' && spec.nodeName !== '') return spec.nodeName;
  const affinity = objectOf(objectOf(spec.affinity).nodeAffinity);
  const [term] = objectsOf(
    objectOf(affinity.requiredDuringSchedulingIgnoredDuringExecution).nodeSelectorTerms,
  );
  const [field] = objectsOf(term?.matchFields);
  return Array.isArray(field?.values) ? stringOf(field.values[0]) : undefined;
}

function place(client: Client, set: KubeObject, wanted: readonly KubeObject[], hash: string): void {
  const pods = claim(client, 'Pod', set);
  for (const node of wanted) {
    const here = pods.filter((it) => nodeOf(it) === node.metadata.name);
    for (const ended of here.filter(isFinished)) if (!isDeleting(ended)) client.remove(ended);
    if (here.some((it) => !isFinished(it))) continue;
    const made = client.create('Pod', set.metadata.namespace, daemonPod(set, node, hash));
    const message = `Created pod: ${made.metadata.name}`;
    client.event(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
  }
  const names = new Set(wanted.map((it) => it.metadata.name));
  for (const pod of pods) {
    if (!isDeleting(pod) && !names.has(nodeOf(pod) ?? '')) remove(client, set, pod);
  }
}

function remove(client: Client, set: KubeObject, pod: KubeObject): void {
  client.remove(pod);
  const message = `Deleted pod: ${pod.metadata.name}`;
  client.event(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
}

const hashOf = (pod: KubeObject) => stringOf(objectOf(pod.metadata.labels)[REVISION_HASH]);

/** Old pods go, no more at a time than may be unavailable. */
function replaceOld(
  client: Client,
  set: KubeObject,
  wanted: readonly KubeObject[],
  hash: string,
): void {
  const strategy = objectOf(specOf(set).updateStrategy);
  if (strategy.type !== 'RollingUpdate') return;
  const most = scaledValue(objectOf(strategy.rollingUpdate).maxUnavailable, wanted.length, true);
  const pods = claim(client, 'Pod', set).filter((it) => !isDeleting(it));
  const old = pods.filter((it) => hashOf(it) !== hash);
  const serving = pods.filter(isReady).length;
  let left = Math.max(0, most - (wanted.length - serving));
  for (const pod of old.filter((it) => !isReady(it))) remove(client, set, pod);
  for (const pod of old.filter(isReady)) {
    if (left <= 0) return;
    left -= 1;
    remove(client, set, pod);
  }
}

function daemonPod(set: KubeObject, node: KubeObject, hash: string): JsonObject {
  const generation = objectOf(set.metadata.annotations)['deprecated.daemonset.template.generation'];
  const pod = podOf(set, {
    generateName: `${set.metadata.name}-`,
    labels: { [REVISION_HASH]: hash, 'pod-template-generation': String(generation ?? '1') },
  });
  const spec = objectOf(pod.spec);
  const pinned = {
    nodeSelectorTerms: [
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }] },
    ],
  };
  const affinity = {
    ...objectOf(spec.affinity),
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: pinned },
  };
  return { ...pod, spec: { ...spec, affinity, tolerations: tolerationsOf(spec) } };
}

function tolerationsOf(spec: JsonObject): JsonObject[] {
  const added = [
    ['not-ready', 'NoExecute'],
    ['unreachable', 'NoExecute'],
    ['disk-pressure', 'NoSchedule'],
    ['memory-pressure', 'NoSchedule'],
    ['pid-pressure', 'NoSchedule'],
    ['unschedulable', 'NoSchedule'],
  ].map(([name, effect]) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect }));
  return [...objectsOf(spec.tolerations), ...added];
}

function report(
  client: Client,
  found: KubeObject,
  wanted: readonly KubeObject[],
  hash: string,
): void {
  const set = client.get('DaemonSet', found.metadata.namespace, found.metadata.name);
  if (set === undefined) return;
  const minReady = numberOf(specOf(set).minReadySeconds) ?? 0;
  const names = new Set(wanted.map((it) => it.metadata.name));
  const all = claim(client, 'Pod', set).filter((it) => specOf(it).nodeName);
  const here = all.filter((it) => names.has(nodeOf(it) ?? ''));
  const available = here.filter((it) => (availableAt(it, minReady) ?? Infinity) <= client.now);
  const status: JsonObject = {
    currentNumberScheduled: here.length,
    desiredNumberScheduled: wanted.length,
    numberMisscheduled: all.length - here.length,
    numberReady: here.filter(isReady).length,
    numberAvailable: available.length,
    numberUnavailable: wanted.length - available.length,
    updatedNumberScheduled: here.filter((it) => hashOf(it) === hash).length,
    observedGeneration: set.metadata.generation,
  };
  const bare = (it: JsonObject) =>
    Object.fromEntries(Object.entries(it).filter(([, value]) => value !== 0));
  if (!equalJson(bare(status), bare(objectOf(set.status)))) client.updateStatus(set, status);
}
