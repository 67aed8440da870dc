import { equalJson, type JsonObject, objectOf, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { tolerates } from '../scheduler/taints.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';
import { isDeleting, specOf } from './pods.ts';

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Taints cordoned nodes, and evicts from nodes what doesn't tolerate their NoExecute taints. */
export function nodeController(client: Client): Controller {
  return {
    concerns({ kind, object }) {
      if (kind.kind === 'Node') return [object.metadata.name];
      const { nodeName } = specOf(object);
      return kind.kind === 'Pod' && typeof nodeName === 'string' && nodeName !== ''
        ? [nodeName]
        : [];
    },
    reconcile(name) {
      const node = client.get('Node', undefined, name);
      const pods = client.list('Pod').filter((it) => specOf(it).nodeName === name);
      if (node === undefined) {
        // Nobody reports these pods' end any more (the pod garbage collector's work).
        for (const pod of pods) client.remove(pod, undefined, 0);
        return undefined;
      }
      const taints = taintsOf(client, node);
      for (const pod of pods) {
        const tolerations = objectsOf(specOf(pod).tolerations);
        const bad = taints.some((it) => it.effect === 'NoExecute' && !tolerates(tolerations, it));
        if (bad && !isDeleting(pod)) client.remove(pod);
      }
      return undefined;
    },
  };
}

function taintsOf(client: Client, node: KubeObject): JsonObject[] {
  const taints = objectsOf(specOf(node).taints);
  const rest = taints.filter((it) => it.key !== UNSCHEDULABLE);
  const known = taints.find((it) => it.key === UNSCHEDULABLE);
  const cordoned = specOf(node).unschedulable === true;
  const taint = { key: UNSCHEDULABLE, effect: 'NoSchedule', timeAdded: client.machine.timestamp() };
  const wanted = cordoned ? [...rest, known ?? taint] : rest;
  if (!equalJson(wanted, taints)) {
    const { taints: _taints, ...spec } = objectOf(node.spec);
    client.update({ ...node, spec: { ...spec, ...(wanted.length > 0 ? { taints: wanted } : {}) } });
  }
  return wanted;
}
