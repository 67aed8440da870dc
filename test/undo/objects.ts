import { cloneJson, type Json, type JsonObject, objectOf } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';

/** A ConfigMap as the server stores it; `uid` and the rest can be given. */
export function configMap(
  data: Readonly<Record<string, string>>,
  metadata: JsonObject = {},
  rest: JsonObject = {},
): KubeObject {
  return cloneJson({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'app',
      namespace: 'shop',
      uid: 'uid-1',
      resourceVersion: '10',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    data: { ...data },
    ...rest,
  }) as KubeObject;
}

/** One entry of managedFields that owns the given keys of data. */
export function owns(manager: string, keys: readonly string[], more: JsonObject = {}): JsonObject {
  const data = Object.fromEntries(keys.map((key) => [`f:${key}`, {}]));
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { '.': {}, ...data } },
    ...more,
  };
}

/** The object with some of its spec changed. */
export function withSpec(object: KubeObject, spec: { readonly [name: string]: Json }): KubeObject {
  return { ...cloneJson(object), spec: { ...objectOf(object.spec), ...spec } };
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  CertificateSigningRequest: 'certificates.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  CronJob: 'batch/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking.k8s.io/v1',
  Job: 'batch/v1',
  Lease: 'coordination.k8s.io/v1',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  PriorityClass: 'scheduling.k8s.io/v1',
  ReplicaSet: 'apps/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  StatefulSet: 'apps/v1',
  StorageClass: 'storage.k8s.io/v1',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  Widget: 'example.com/v1',
};

/** `v1` where the kind isn't listed. */
export function apiVersionOf(kind: string): string {
  return API_VERSIONS[kind] ?? 'v1';
}

/** An object of a kind, with its API version. */
export function object(
  kind: string,
  fields: JsonObject = {},
  metadata: JsonObject = {},
): KubeObject {
  return cloneJson({
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: { name: 'x', uid: 'u', ...metadata },
    ...fields,
  }) as KubeObject;
}

export const spec = (value: { readonly [name: string]: Json }): JsonObject => ({
  spec: { ...value },
});
