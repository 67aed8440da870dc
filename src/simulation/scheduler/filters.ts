import {
  arrayOf,
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { NANO, parseQuantity } from '../../core/quantity.ts';
import { holds, matchesSelector } from '../rules/selector.ts';
import { podResource } from '../rules/usage.ts';
import { tolerates } from './taints.ts';

/** What the scheduler sees: all nodes, and the pods that have one. */
export interface Scene {
  readonly nodes: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  /** Node affinities of the volumes that the pod's claims are bound to. */
  readonly volumes: readonly JsonObject[];
}

const specOf = (object: KubeObject) => objectOf(object.spec);
const labelsOf = (object: KubeObject) => objectOf(object.metadata.labels);

/** Why a pod can't run on a node, in the scheduler's words; empty when it can. */
export function refusals(pod: KubeObject, node: KubeObject, scene: Scene): string[] {
  const here = scene.pods.filter((it) => specOf(it).nodeName === node.metadata.name);
  const spec = specOf(pod);
  const tolerations = objectsOf(spec.tolerations);
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (specOf(node).unschedulable === true && !tolerates(tolerations, cordon)) {
    return ['node(s) were unschedulable'];
  }
  const taint = objectsOf(specOf(node).taints).find(
    (it) => it.effect !== 'PreferNoSchedule' && !tolerates(tolerations, it),
  );
  if (taint !== undefined) {
    return [`node(s) had untolerated taint {${String(taint.key)}: ${stringOf(taint.value) ?? ''}}`];
  }
  if (!matchesNode(spec, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  if (portsTaken(spec, here)) return ["node(s) didn't have free ports for the requested pod ports"];
  const short = lacking(spec, node, here);
  if (short.length > 0) return short;
  if (!scene.volumes.every((it) => matchesTerms(it.required, node))) {
    return ["node(s) didn't match PersistentVolume's node affinity"];
  }
  return affinityRefusal(pod, node, scene);
}

/** Whether a daemon's pod belongs on a node, however full that is. */
export function mayRun(pod: JsonObject, node: KubeObject): boolean {
  const spec = objectOf(pod.spec);
  const tolerations = objectsOf(spec.tolerations);
  const taints = objectsOf(specOf(node).taints).filter((it) => it.effect !== 'PreferNoSchedule');
  return matchesNode(spec, node) && taints.every((it) => tolerates(tolerations, it));
}

function matchesNode(spec: JsonObject, node: KubeObject): boolean {
  const selector = Object.entries(objectOf(spec.nodeSelector));
  if (selector.some(([key, value]) => labelsOf(node)[key] !== value)) return false;
  const affinity = objectOf(objectOf(spec.affinity).nodeAffinity);
  return matchesTerms(affinity.requiredDuringSchedulingIgnoredDuringExecution, node);
}

/** A NodeSelector: one of its terms has to hold. */
export function matchesTerms(selector: JsonObject[string], node: KubeObject): boolean {
  if (!isObject(selector)) return true;
  return objectsOf(selector.nodeSelectorTerms).some((term) => {
    const expressions = objectsOf(term.matchExpressions);
    const fields = objectsOf(term.matchFields);
    if (expressions.length + fields.length === 0) return false;
    const test = (labels: JsonObject) => (it: JsonObject) =>
      holds(labels, String(it.key), String(it.operator), arrayOf(it.values).map(String));
    return (
      expressions.every(test(labelsOf(node))) &&
      fields.every(test({ 'metadata.name': node.metadata.name }))
    );
  });
}

function hostPorts(spec: JsonObject): string[] {
  return objectsOf(spec.containers)
    .flatMap((it) => objectsOf(it.ports))
    .filter((it) => Number(it.hostPort ?? 0) > 0)
    .map((it) => `${String(it.protocol ?? 'TCP')}:${String(it.hostPort)}`);
}

function portsTaken(spec: JsonObject, here: readonly KubeObject[]): boolean {
  const wanted = hostPorts(spec);
  if (wanted.length === 0) return false;
  const taken = new Set(here.flatMap((it) => hostPorts(specOf(it))));
  return wanted.some((it) => taken.has(it));
}

function lacking(spec: JsonObject, node: KubeObject, here: readonly KubeObject[]): string[] {
  const allocatable = objectOf(objectOf(node.status).allocatable);
  const size = (name: string) => parseQuantity(String(allocatable[name] ?? '0')) ?? 0n;
  const found: string[] = [];
  if (BigInt(here.length + 1) * NANO > size('pods')) found.push('Too many pods');
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const wanted = podResource(spec, 'requests', name);
    if (wanted === 0n) continue;
    const used = here.reduce((sum, it) => sum + podResource(specOf(it), 'requests', name), 0n);
    if (used + wanted > size(name)) found.push(`Insufficient ${name}`);
  }
  return found;
}

type Side = 'podAffinity' | 'podAntiAffinity';

function requiredTerms(spec: JsonObject, side: Side): JsonObject[] {
  const affinity = objectOf(objectOf(spec.affinity)[side]);
  return objectsOf(affinity.requiredDuringSchedulingIgnoredDuringExecution);
}

/** Whether a term means this other pod. */
function means(term: JsonObject, owner: KubeObject, other: KubeObject): boolean {
  const given = arrayOf(term.namespaces).map(String);
  const namespaces = given.length > 0 ? given : [owner.metadata.namespace ?? ''];
  const selector = isObject(term.labelSelector) ? term.labelSelector : undefined;
  return (
    namespaces.includes(other.metadata.namespace ?? '') &&
    matchesSelector(selector, labelsOf(other))
  );
}

function affinityRefusal(pod: KubeObject, node: KubeObject, scene: Scene): string[] {
  const topology = (name: JsonObject[string], key: string) => {
    const found = scene.nodes.find((it) => it.metadata.name === name);
    return found === undefined ? undefined : labelsOf(found)[key];
  };
  const near = (other: KubeObject, key: string): boolean => {
    const here = labelsOf(node)[key];
    return here !== undefined && topology(specOf(other).nodeName, key) === here;
  };
  const keyOf = (term: JsonObject) => stringOf(term.topologyKey) ?? '';
  for (const term of requiredTerms(specOf(pod), 'podAffinity')) {
    const meant = scene.pods.filter((it) => means(term, pod, it));
    // The first of a group that wants to be together may go anywhere.
    const first = meant.length === 0 && means(term, pod, pod);
    if (!first && !meant.some((it) => near(it, keyOf(term)))) {
      return ["node(s) didn't match pod affinity rules"];
    }
  }
  for (const term of requiredTerms(specOf(pod), 'podAntiAffinity')) {
    if (scene.pods.some((it) => means(term, pod, it) && near(it, keyOf(term)))) {
      return ["node(s) didn't match pod anti-affinity rules"];
    }
  }
  const fought = scene.pods.some((other) =>
    requiredTerms(specOf(other), 'podAntiAffinity').some(
      (term) => means(term, other, pod) && near(other, keyOf(term)),
    ),
  );
  return fought ? ["node(s) didn't satisfy existing pods anti-affinity rules"] : [];
}
