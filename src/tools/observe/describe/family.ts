import { isCustomGroup } from '../../../core/api-groups.ts';
import { objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import { controllerOf, describeRef, groupOf, type KubeObject } from '../../../core/kube.ts';
import { type Relation, relate, relateOne, type Surroundings } from '../related/surroundings.ts';
import { worstPodsFirst } from '../state.ts';

// Chains in practice are three long (Pod, ReplicaSet, Deployment, an operator's resource).
const LONGEST_CHAIN = 6;

/** The owners of an object, nearest first, up to one that nobody owns. */
export async function ownersOf(object: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { owners, end } = await climb(object, around);
  return [...owners.map((owner) => relateOne('owner', owner)), ...(end ? [end] : [])];
}

/** The owners as objects, nearest first; `end` is one that can't be seen or isn't there. */
export async function climb(
  object: KubeObject,
  around: Surroundings,
): Promise<{ owners: readonly KubeObject[]; end?: Relation }> {
  const owners: KubeObject[] = [];
  let here = object;
  while (owners.length < LONGEST_CHAIN) {
    const reference = controllerOf(here) ?? objectsOf(here.metadata.ownerReferences)[0];
    const kind = stringOf(reference?.kind);
    const name = stringOf(reference?.name);
    if (reference === undefined || kind === undefined || name === undefined) break;
    const { namespace } = object.metadata;
    const apiVersion = stringOf(reference.apiVersion) ?? 'v1';
    const owner = await around.get({ apiVersion, kind, namespace }, name);
    if (typeof owner !== 'object' || owner.metadata.uid !== reference.uid) {
      const state =
        owner === 'hidden'
          ? 'not visible'
          : 'missing: the garbage collector will delete what it owned';
      const end = { relation: 'owner', object: describeRef({ kind, name, namespace }), state };
      return { owners, end };
    }
    owners.push(owner);
    here = owner;
  }
  return { owners };
}

const POD = { apiVersion: 'v1', kind: 'Pod' };
const JOB = { apiVersion: 'batch/v1', kind: 'Job' };
const REPLICA_SET = { apiVersion: 'apps/v1', kind: 'ReplicaSet' };

export const CHILD_KINDS: Readonly<
  Record<string, readonly { apiVersion: string; kind: string }[]>
> = {
  Deployment: [REPLICA_SET],
  ReplicaSet: [POD],
  StatefulSet: [POD],
  DaemonSet: [POD],
  ReplicationController: [POD],
  Job: [POD],
  CronJob: [JOB],
};

// What operators mostly create for their custom resources.
export const OTHER_CHILD_KINDS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  JOB,
  POD,
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
];

/** What an object owns, for showing and for looking further. */
export interface Children {
  readonly relations: readonly Relation[];
  readonly uids: ReadonlySet<string>;
}

/** What the object owns: a Deployment's ReplicaSets and their pods, a custom resource's workloads. */
export async function childrenOf(object: KubeObject, around: Surroundings): Promise<Children> {
  const { uid, namespace } = object.metadata;
  if (namespace === undefined || uid === undefined) {
    return { relations: [], uids: new Set() };
  }
  const kinds = isCustomGroup(groupOf(object.apiVersion))
    ? OTHER_CHILD_KINDS
    : (CHILD_KINDS[object.kind] ?? []);
  const lists = await Promise.all(
    kinds.map(async (kind) => ownedBy(await around.list({ ...kind, namespace }), uid)),
  );
  const children = lists.flat();
  if (object.kind === 'Deployment') {
    // Old revisions stay behind at zero; they tell nothing about now.
    const active = children.filter((set) => objectOf(set.spec).replicas !== 0);
    const pods = await around.list({ ...POD, namespace });
    const theirs = active.flatMap((set) => ownedBy(pods, set.metadata.uid ?? ''));
    const old = children.length - active.length;
    return {
      relations: [
        ...relate('owns', active),
        ...(old > 0 ? [{ relation: 'owns', object: `${old} old ReplicaSets at 0 replicas` }] : []),
        ...relate('owns (by ReplicaSet)', worstPodsFirst(theirs)),
      ],
      uids: uidsOf([...active, ...theirs]),
    };
  }
  const onlyPods = children.every(({ kind }) => kind === 'Pod');
  return {
    relations: relate('owns', onlyPods ? worstPodsFirst(children) : children),
    uids: uidsOf(children),
  };
}

function uidsOf(objects: readonly KubeObject[]): ReadonlySet<string> {
  return new Set(objects.flatMap((object) => object.metadata.uid ?? []));
}

export function ownedBy(objects: readonly KubeObject[], uid: string): KubeObject[] {
  return objects.filter((object) =>
    objectsOf(object.metadata.ownerReferences).some((reference) => reference.uid === uid),
  );
}
