import { at, type Json, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from './json.ts';

/** A Kubernetes object as JSON; fields we don't know are kept. */
export interface KubeObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
}

export interface KubeMetadata extends JsonObject {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
}

/** Names one object by kind, the way people and manifests do. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
}

/** True when the value has the shape every stored Kubernetes object has. */
export function isKubeObject(value: Json | undefined): value is KubeObject {
  const object = objectOf(value);
  return (
    stringOf(object.apiVersion) !== undefined &&
    stringOf(object.kind) !== undefined &&
    stringOf(objectOf(object.metadata).name) !== undefined
  );
}

export function refOf(object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
}

/** `Deployment shop/catalog`, `Node node-1`: how messages name an object. */
export function describeRef(ref: {
  kind: string;
  namespace?: string | undefined;
  name: string;
}): string {
  return ref.namespace ? `${ref.kind} ${ref.namespace}/${ref.name}` : `${ref.kind} ${ref.name}`;
}

/**
 * The owner reference of the object's controller, who makes and replaces it; undefined where nobody does. The API
 * server takes at most one with `controller: true`.
 */
export function controllerOf({ metadata }: KubeObject): JsonObject | undefined {
  return objectsOf(metadata.ownerReferences).find((owner) => owner.controller === true);
}

/** True where the owner with this uid is the object's controller; an unknown uid is nobody's. */
export function isControlledBy(object: KubeObject, uid: string | undefined): boolean {
  return uid !== undefined && controllerOf(object)?.uid === uid;
}

/** The count asked for in spec.replicas; one where it is not set, as the API server defaults it. */
export function desiredReplicas(workload: KubeObject): number {
  return numberOf(at(workload, 'spec', 'replicas')) ?? 1;
}

/** The API group of an apiVersion: `apps/v1` → `apps`, `v1` → ``. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
