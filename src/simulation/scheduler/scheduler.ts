import { type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { bindPod } from '../api/bind.ts';
import { type Client, targetOf } from '../controllers/client.ts';
import type { Controller } from '../controllers/loop.ts';
import { isDeleting, isFinished, specOf } from '../controllers/pods.ts';
import { podResource } from '../rules/usage.ts';
import type { Change } from '../store.ts';
import { refusals, type Scene } from './filters.ts';

const ALL = 'all';

/** Gives pods nodes. One after another, so that each sees where the one before went. */
export function scheduler(client: Client): Controller {
  return {
    concerns: (change) => (mayHelp(change) ? [ALL] : []),
    reconcile() {
      const waiting = client
        .list('Pod')
        .filter((it) => !specOf(it).nodeName && !isDeleting(it) && !isFinished(it))
        .filter((it) => (specOf(it).schedulerName ?? 'default-scheduler') === 'default-scheduler')
        .sort((a, b) => priority(b) - priority(a));
      for (const pod of waiting) schedule(client, pod);
      return undefined;
    },
  };
}

function priority(pod: KubeObject): number {
  return numberOf(specOf(pod).priority) ?? 0;
}

/** New pods, pods that are gone, and changes of nodes and volumes. */
function mayHelp({ kind, type, object, before }: Change): boolean {
  switch (kind.kind) {
    case 'Pod':
      return type !== 'MODIFIED' || isFinished(object) || object.spec !== before?.spec;
    case 'Node':
      return type !== 'MODIFIED' || !sameNode(object, before);
    case 'PersistentVolume':
    case 'PersistentVolumeClaim':
      return true;
    default:
      return false;
  }
}

function sameNode(after: KubeObject, before: KubeObject | undefined): boolean {
  const seen = (node: KubeObject | undefined) =>
    JSON.stringify([node?.spec, node?.metadata.labels, objectOf(node?.status).allocatable]);
  return seen(after) === seen(before);
}

function schedule(client: Client, pod: KubeObject): void {
  const nodes = client.list('Node');
  const claims = claimsOf(client, pod);
  if (typeof claims === 'string') {
    // Refused before any node is looked at, it has no node to preempt on: that is what is not found.
    fail(client, pod, `0/${nodes.length} nodes are available: ${claims}. not found`);
    return;
  }
  const gates = objectsOf(specOf(pod).schedulingGates);
  if (gates.length > 0) return;
  const pods = client.list('Pod').filter((it) => specOf(it).nodeName && !isFinished(it));
  const scene: Scene = { nodes, pods, volumes: claims };
  const answers = nodes.map((node) => ({ node, why: refusals(pod, node, scene) }));
  const fits = answers.filter(({ why }) => why.length === 0).map(({ node }) => node);
  const [best] = fits.sort((a, b) => load(a, scene, pod) - load(b, scene, pod));
  if (best === undefined) {
    const why = histogram(answers.flatMap((it) => it.why));
    const all = `0/${nodes.length} nodes are available: ${why}.`;
    fail(
      client,
      pod,
      nodes.length === 0
        ? 'no nodes available to schedule pods'
        : `${all} ${preemption(nodes.length)}`,
    );
    return;
  }
  const target = { apiVersion: 'v1', kind: 'Node', name: best.metadata.name };
  bindPod(client.machine, targetOf(pod), { target }, false);
  const { namespace, name } = pod.metadata;
  const message = `Successfully assigned ${namespace}/${name} to ${best.metadata.name}`;
  client.event(pod, { type: 'Normal', reason: 'Scheduled', message });
}

/** Siblings count most, then how many pods there are, then what they ask for. */
function load(node: KubeObject, { pods }: Scene, pod: KubeObject): number {
  const here = pods.filter((it) => specOf(it).nodeName === node.metadata.name);
  const owner = JSON.stringify(pod.metadata.ownerReferences ?? pod.metadata.uid);
  const siblings = here.filter((it) => JSON.stringify(it.metadata.ownerReferences) === owner);
  const cpu = here.reduce((sum, it) => sum + podResource(specOf(it), 'requests', 'cpu'), 0n);
  return siblings.length * 10_000 + here.length * 10 + Number(cpu / 100_000_000n) / 100;
}

/** The node affinities of the volumes that a pod needs, or why it can't have them. */
function claimsOf(client: Client, pod: KubeObject): JsonObject[] | string {
  const affinities: JsonObject[] = [];
  for (const volume of objectsOf(specOf(pod).volumes)) {
    const name = stringOf(objectOf(volume.persistentVolumeClaim).claimName);
    if (name === undefined) continue;
    const claim = client.get('PersistentVolumeClaim', pod.metadata.namespace, name);
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (isDeleting(claim)) return `persistentvolumeclaim "${name}" is being deleted`;
    const bound = stringOf(specOf(claim).volumeName);
    if (objectOf(claim.status).phase !== 'Bound' || bound === undefined) {
      return 'pod has unbound immediate PersistentVolumeClaims';
    }
    const found = client.get('PersistentVolume', undefined, bound);
    if (found !== undefined) affinities.push(objectOf(specOf(found).nodeAffinity));
  }
  return affinities;
}

function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

/** Pods aren't preempted here: a real scheduler says the same where that wouldn't help. */
function preemption(nodes: number): string {
  return `no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;
}

function fail(client: Client, pod: KubeObject, message: string): void {
  const known = objectsOf(objectOf(pod.status).conditions).find((it) => it.type === 'PodScheduled');
  if (known?.status === 'False' && known.message === message) return;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastProbeTime: null,
    lastTransitionTime: stringOf(known?.lastTransitionTime) ?? client.machine.timestamp(),
    observedGeneration: pod.metadata.generation,
  };
  client.patch(pod, { status: { conditions: [condition] } }, 'status');
  client.event(pod, { type: 'Warning', reason: 'FailedScheduling', message });
}
