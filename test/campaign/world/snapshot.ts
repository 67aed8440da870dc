import { at, objectsOf } from '../../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../../src/core/kube.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';

/** The kinds that flows change or leave something behind in, by their collections. */
const COLLECTIONS = [
  ['v1', 'ConfigMap', 'configmaps'],
  ['v1', 'Pod', 'pods'],
  ['apps/v1', 'Deployment', 'deployments'],
  ['apps/v1', 'ReplicaSet', 'replicasets'],
] as const;

/** What is in a namespace, by `Kind/name`. */
export type Snapshot = ReadonlyMap<string, KubeObject>;

export async function snapshot(cluster: ControlPlaneClient, namespace: string): Promise<Snapshot> {
  const found = new Map<string, KubeObject>();
  await Promise.all(
    COLLECTIONS.map(async ([apiVersion, kind, plural]) => {
      const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
      const { json } = await cluster.request('GET', `${root}/namespaces/${namespace}/${plural}`);
      // The items of a list have no kind of their own.
      for (const item of objectsOf(at(json, 'items'))) {
        const object = { ...item, apiVersion, kind };
        if (isKubeObject(object)) found.set(`${kind}/${object.metadata.name}`, object);
      }
    }),
  );
  return found;
}
