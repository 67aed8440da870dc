import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';

export function pod(spec: JsonObject, status: JsonObject = {}, name = 'web'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-${name}` },
    spec,
    status,
  };
}

export function container(requests: Record<string, string>, more: JsonObject = {}): JsonObject {
  return { name: 'main', resources: { requests }, ...more };
}

export function node(
  allocatable: Record<string, string>,
  more: { labels?: Record<string, string>; spec?: JsonObject; name?: string } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: more.name ?? 'node-1', labels: more.labels ?? {} },
    spec: more.spec ?? {},
    status: { allocatable: allocatable as { [key: string]: Json } },
  };
}
