import { type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { podOf, specOf } from './pods.ts';
import { REVISION_HASH } from './revisions.ts';

/** The number in a pod's name; -1 for one of another form. */
export function ordinalOf(set: KubeObject, pod: KubeObject): number {
  const rest = pod.metadata.name.slice(set.metadata.name.length + 1);
  return /^\d+$/.test(rest) ? Number(rest) : -1;
}

function claimName(template: JsonObject, set: KubeObject, ordinal: number): string {
  return `${stringOf(objectOf(template.metadata).name)}-${set.metadata.name}-${ordinal}`;
}

/** The claims that a numbered pod has for itself. */
export function claimsOf(set: KubeObject, ordinal: number): JsonObject[] {
  const labels = objectOf(objectOf(specOf(set).selector).matchLabels);
  return objectsOf(specOf(set).volumeClaimTemplates).map((template) => ({
    metadata: {
      ...objectOf(template.metadata),
      name: claimName(template, set, ordinal),
      labels: { ...objectOf(objectOf(template.metadata).labels), ...labels },
    },
    spec: template.spec,
  }));
}

/** A numbered pod of a StatefulSet, as its revision has it. */
export function statefulPod(set: KubeObject, ordinal: number, revision: string): JsonObject {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podOf(set, {
    name,
    labels: {
      'apps.kubernetes.io/pod-index': String(ordinal),
      [REVISION_HASH]: revision,
      'statefulset.kubernetes.io/pod-name': name,
    },
  });
  const spec = objectOf(pod.spec);
  const own = objectsOf(specOf(set).volumeClaimTemplates).map((template) => ({
    name: objectOf(template.metadata).name,
    persistentVolumeClaim: { claimName: claimName(template, set, ordinal) },
  }));
  const names = new Set(own.map((it) => it.name));
  const volumes = [...own, ...objectsOf(spec.volumes).filter((it) => !names.has(it.name))];
  const { serviceName } = specOf(set);
  return {
    ...pod,
    spec: {
      ...spec,
      hostname: name,
      ...(serviceName ? { subdomain: serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}
