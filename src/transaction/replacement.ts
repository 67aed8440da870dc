import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

/**
 * The pod that a controller makes of its template, as far as admission looks at it: owned by the controller, for many
 * clusters refuse pods that nobody owns, and with the volumes that a StatefulSet's claim templates add.
 */
export function replacementOf(owner: KubeObject, template: JsonObject, name: string): JsonObject {
  const { apiVersion, kind, metadata } = owner;
  const { labels, annotations } = objectOf(template.metadata);
  // Without blockOwnerDeletion, which takes a permission that only controllers have.
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: objectOf(labels),
      annotations: objectOf(annotations),
      ownerReferences: [reference],
    },
    spec: withClaims(owner, objectOf(template.spec)),
  };
}

/** A claim template takes the place of a volume of its name (StatefulSet controller, updateStorage). */
function withClaims(owner: KubeObject, spec: JsonObject): JsonObject {
  const claims = objectsOf(at(owner, 'spec', 'volumeClaimTemplates')).flatMap(
    (claim) => stringOf(at(claim, 'metadata', 'name')) ?? [],
  );
  if (claims.length === 0) return spec;
  const others = objectsOf(spec.volumes).filter(
    (volume) => !claims.includes(stringOf(volume.name) ?? ''),
  );
  const own = claims.map((name) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${owner.metadata.name}-0` },
  }));
  return { ...spec, volumes: [...others, ...own] };
}
