import type { JsonObject } from '../../src/core/json.ts';

/** A Deployment that runs one replica of a simulated container. */
export function deployment(namespace: string, name: string, more: Partial<Parts> = {}): JsonObject {
  const { replicas = 1, image = 'local/web:1', labels = {}, annotations = {} } = more;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name, ...labels }, annotations },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  };
}

interface Parts {
  /** null: left to whoever scales it. */
  readonly replicas: number | null;
  readonly image: string;
  readonly labels: JsonObject;
  readonly annotations: JsonObject;
}

/** The marks that Flux's kustomize-controller puts on what it applies. */
export const FLUX_LABELS = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'infra',
};

/** The annotation by which Argo CD tracks a Deployment. */
export function argoTracking(namespace: string, name: string): JsonObject {
  return { 'argocd.argoproj.io/tracking-id': `store:apps/Deployment:${namespace}/${name}` };
}

export function autoscaler(namespace: string, name: string, target = name): JsonObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      minReplicas: 2,
      maxReplicas: 4,
    },
  };
}

/** Enough of KEDA's CRD for a ScaledObject; KEDA itself is not installed. */
export const SCALED_OBJECTS: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: 'keda.sh',
    scope: 'Namespaced',
    names: {
      plural: 'scaledobjects',
      singular: 'scaledobject',
      kind: 'ScaledObject',
      listKind: 'ScaledObjectList',
      shortNames: ['so'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

export function scaledObject(namespace: string, name: string, target: string): JsonObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, namespace },
    spec: { scaleTargetRef: { name: target }, minReplicaCount: 1, maxReplicaCount: 3 },
  };
}
