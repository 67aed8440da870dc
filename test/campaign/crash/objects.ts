import { at, numberOf, objectOf, objectsOf } from '../../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../../src/core/kube.ts';
import { comparableManagedFields } from '../../../src/undo/managed-fields.ts';
import { normalise } from '../../../src/undo/normalise.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';

/** What a flow is about. */
export interface Ref {
  readonly kind:
    | 'ConfigMap'
    | 'Service'
    | 'Deployment'
    | 'StatefulSet'
    | 'Node'
    | 'PersistentVolumeClaim'
    | 'PersistentVolume';
  /** `NS` in it stands for the namespace: each run has a volume of its own. */
  readonly name: string;
}

const COLLECTIONS: Readonly<Record<Ref['kind'] | 'Pod' | 'ReplicaSet', string>> = {
  ConfigMap: '/api/v1/namespaces/NS/configmaps',
  Service: '/api/v1/namespaces/NS/services',
  Pod: '/api/v1/namespaces/NS/pods',
  Node: '/api/v1/nodes',
  Deployment: '/apis/apps/v1/namespaces/NS/deployments',
  PersistentVolumeClaim: '/api/v1/namespaces/NS/persistentvolumeclaims',
  PersistentVolume: '/api/v1/persistentvolumes',
  StatefulSet: '/apis/apps/v1/namespaces/NS/statefulsets',
  ReplicaSet: '/apis/apps/v1/namespaces/NS/replicasets',
};

/** The annotation that the other writer changes all the time. */
export const NOTE = 'example.com/note';

/** The claim of a run, and the volume that it is bound to. */
export const CLAIM: Ref = { kind: 'PersistentVolumeClaim', name: 'asked' };
export const VOLUME: Ref = { kind: 'PersistentVolume', name: 'NS-asked' };

export const pathOf = ({ kind, name }: Ref, namespace: string) =>
  `${COLLECTIONS[kind]}/${name}`.replaceAll('NS', namespace);

export async function read(
  cluster: ControlPlaneClient,
  namespace: string,
  ref: Ref,
): Promise<KubeObject | undefined> {
  const { status, json } = await cluster.request('GET', pathOf(ref, namespace), undefined, {
    allow: [404],
  });
  return status === 200 && isKubeObject(json) ? json : undefined;
}

export async function listed(
  cluster: ControlPlaneClient,
  namespace: string,
  kind: keyof typeof COLLECTIONS,
): Promise<KubeObject[]> {
  const { json } = await cluster.request('GET', COLLECTIONS[kind].replace('NS', namespace));
  return objectsOf(json.items).filter(
    (item) => at(item, 'metadata', 'name') !== undefined,
  ) as unknown as KubeObject[];
}

/** Everything of a namespace, and the nodes, as text: to look for marks in. */
export async function everything(cluster: ControlPlaneClient, namespace: string): Promise<string> {
  // The volumes of other runs may have marks now.
  const kinds = (Object.keys(COLLECTIONS) as (keyof typeof COLLECTIONS)[]).filter(
    (kind) => kind !== 'PersistentVolume',
  );
  const texts = await Promise.all(
    kinds.map(
      async (kind) =>
        (await cluster.request('GET', COLLECTIONS[kind].replace('NS', namespace))).text,
    ),
  );
  return texts.join('\n');
}

/** What has to be equal. `loose`: of an object that was made anew, or in another namespace. */
export function contentOf(object: KubeObject | undefined, loose: boolean): unknown {
  if (object === undefined) return 'absent';
  const hasStatus = object.kind !== 'ConfigMap';
  const content = structuredClone(
    normalise(object, { hasStatus, ignoreIdentity: loose }),
  ) as KubeObject;
  const annotations = { ...content.metadata.annotations };
  delete annotations[NOTE];
  const metadata: Record<string, unknown> = { ...content.metadata, annotations };
  const spec: Record<string, unknown> = { ...objectOf(content.spec) };
  if (loose) {
    delete metadata.namespace;
    for (const name of ['clusterIP', 'clusterIPs']) delete spec[name];
    if (object.kind === 'PersistentVolume') {
      delete metadata.name;
      delete spec.claimRef;
    }
  }
  const owners = loose ? [] : comparableManagedFields(object);
  return { object: { ...content, metadata, spec }, owners };
}

export function managersOf(object: KubeObject): string[] {
  return objectsOf(object.metadata.managedFields).map(({ manager }) => String(manager));
}

/** Why a workload has not converged; undefined when it has. */
export async function unconverged(
  cluster: ControlPlaneClient,
  namespace: string,
  ref: Ref,
): Promise<string | undefined> {
  const live = await read(cluster, namespace, ref);
  if (ref.kind === 'PersistentVolumeClaim') return unbound(cluster, namespace, live);
  const pods = (await listed(cluster, namespace, 'Pod')).filter(
    (pod) => pod.metadata.labels?.app === ref.name,
  );
  if (live === undefined) {
    return pods.length === 0 ? undefined : `${pods.length} pods of the deleted ${ref.name}`;
  }
  const wanted = numberOf(at(live, 'spec', 'replicas')) ?? 1;
  const count = (name: string) => numberOf(at(live, 'status', name)) ?? 0;
  const facts = {
    observed: count('observedGeneration') - (numberOf(live.metadata.generation) ?? 0),
    updated: count('updatedReplicas') - wanted,
    ready: count('readyReplicas') - wanted,
    replicas: count('replicas') - wanted,
    pods: pods.length - wanted,
  };
  return Object.values(facts).every((off) => off === 0) ? undefined : JSON.stringify(facts);
}

/** A claim that is not deleted is bound; one that is has left its volume. */
async function unbound(
  cluster: ControlPlaneClient,
  namespace: string,
  claim: KubeObject | undefined,
): Promise<string | undefined> {
  const phase = at(claim, 'status', 'phase');
  if (claim?.metadata.deletionTimestamp !== undefined) return 'a claim that is being deleted';
  if (claim !== undefined) return phase === 'Bound' ? undefined : `a claim that is ${phase}`;
  const volume = await read(cluster, namespace, VOLUME);
  const left = at(volume, 'status', 'phase');
  return left === 'Released' ? undefined : `a volume without its claim that is ${left}`;
}
