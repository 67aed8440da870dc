import { isCustomGroup } from '../../../core/api-groups.ts';
import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import { describeRef, groupOf, type KubeObject } from '../../../core/kube.ts';
import { labelsOf, matchesAll, selectorText, selects } from '../related/label-match.ts';
import { podReferences, relatePodReferences } from '../related/pod-references.ts';
import { routesOf } from '../related/routes.ts';
import { type Relation, relate, relateOne, type Surroundings } from '../related/surroundings.ts';
import { worstPodsFirst } from '../state.ts';

type Finder = (object: KubeObject, around: Surroundings) => Promise<Relation[]>;

const POD = { apiVersion: 'v1', kind: 'Pod' };
const SERVICE = { apiVersion: 'v1', kind: 'Service' };
const BUDGET = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
const AUTOSCALER = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
const INGRESS = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };

const FINDERS: Readonly<Record<string, Finder>> = {
  Pod: aroundPod,
  Deployment: aroundWorkload,
  StatefulSet: aroundWorkload,
  DaemonSet: aroundWorkload,
  ReplicaSet: aroundWorkload,
  Job: aroundWorkload,
  Service: aroundService,
  Ingress: aroundIngress,
  PersistentVolumeClaim: aroundClaim,
  PersistentVolume: aroundVolume,
  ConfigMap: usersOf,
  Secret: usersOf,
  ServiceAccount: usersOf,
  Node: aroundNode,
  HorizontalPodAutoscaler: aroundAutoscaler,
  PodDisruptionBudget: aroundBudget,
  Namespace: aroundNamespace,
};

/** What works together with the object without owning it: by selector, by reference, by target. */
export async function relatedTo(object: KubeObject, around: Surroundings): Promise<Relation[]> {
  if (isCustomGroup(groupOf(object.apiVersion))) return [];
  return (await FINDERS[object.kind]?.(object, around)) ?? [];
}

async function aroundPod(pod: KubeObject, around: Surroundings): Promise<Relation[]> {
  const namespace = pod.metadata.namespace ?? '';
  const spec = objectOf(pod.spec);
  const nodeName = stringOf(spec.nodeName);
  const node = nodeName && (await around.get({ apiVersion: 'v1', kind: 'Node' }, nodeName));
  return [
    ...(typeof node === 'object' ? [relateOne('runs on', node)] : []),
    ...(await selectorsOf(labelsOf(pod), namespace, around)),
    ...(await relatePodReferences(spec, namespace, around)),
  ];
}

async function aroundWorkload(workload: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { namespace = '' } = workload.metadata;
  const template = objectOf(at(workload, 'spec', 'template'));
  return [
    ...(await scalersOf(workload, around)),
    ...(await selectorsOf(labelsOf(template), namespace, around)),
    ...(await relatePodReferences(objectOf(template.spec), namespace, around)),
  ];
}

/** The autoscalers whose target is this workload. */
export async function scalersOf(workload: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { namespace, name } = workload.metadata;
  const scalers = (await around.list({ ...AUTOSCALER, namespace })).filter((it) => {
    const target = objectOf(at(it, 'spec', 'scaleTargetRef'));
    return target.kind === workload.kind && target.name === name;
  });
  return relate('scaled by', scalers);
}

/** The disruption budgets that select these labels. */
export async function budgetsOf(
  labels: JsonObject,
  namespace: string,
  around: Surroundings,
): Promise<Relation[]> {
  const budgets = (await around.list({ ...BUDGET, namespace })).filter((budget) =>
    selects(objectOf(at(budget, 'spec', 'selector')), labels),
  );
  return relate('protected by', budgets);
}

/** The Services and disruption budgets that select these labels. */
async function selectorsOf(
  labels: JsonObject,
  namespace: string,
  around: Surroundings,
): Promise<Relation[]> {
  const services = (await around.list({ ...SERVICE, namespace })).filter((service) => {
    const selector = objectOf(at(service, 'spec', 'selector'));
    return Object.keys(selector).length > 0 && matchesAll(selector, labels);
  });
  return [...relate('selected by', services), ...(await budgetsOf(labels, namespace, around))];
}

async function aroundService(service: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { namespace = '', name } = service.metadata;
  const selector = objectOf(at(service, 'spec', 'selector'));
  const labelSelector = selectorText({ matchLabels: selector });
  const slices = await around.list(
    { ...SLICE, namespace },
    { labelSelector: `kubernetes.io/service-name=${name}` },
  );
  const pods =
    labelSelector === '' ? [] : await around.seen({ ...POD, namespace }, { labelSelector });
  const none = labelSelector !== '' && pods?.length === 0;
  const ingresses = (await around.list({ ...INGRESS, namespace })).filter((ingress) =>
    backendsOf(ingress).includes(name),
  );
  return [
    ...relate('endpoints', slices),
    ...relate('selects', worstPodsFirst(pods ?? [])),
    ...(none
      ? [{ relation: 'selects', object: 'no pod', state: `none has ${labelSelector}` }]
      : []),
    ...relate('routed by', ingresses),
  ];
}

function backendsOf(ingress: KubeObject): string[] {
  return [...new Set(routesOf(ingress).map(({ service }) => service))];
}

async function aroundIngress(ingress: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { namespace } = ingress.metadata;
  const tls = objectsOf(at(ingress, 'spec', 'tls')).flatMap((it) => stringOf(it.secretName) ?? []);
  return [
    ...(await byName('routes to', backendsOf(ingress), { ...SERVICE, namespace }, around)),
    ...(await byName('refers to', tls, { apiVersion: 'v1', kind: 'Secret', namespace }, around)),
  ];
}

async function byName(
  relation: string,
  names: readonly string[],
  place: { apiVersion: string; kind: string; namespace?: string | undefined },
  around: Surroundings,
): Promise<Relation[]> {
  return Promise.all(
    names.slice(0, 20).map(async (name) => {
      const object = await around.get(place, name);
      if (typeof object === 'object') return relateOne(relation, object);
      const state = object === 'hidden' ? 'not visible' : 'MISSING';
      return { relation, object: describeRef({ ...place, name }), state };
    }),
  );
}

async function aroundClaim(claim: KubeObject, around: Surroundings): Promise<Relation[]> {
  const volume = stringOf(at(claim, 'spec', 'volumeName'));
  const storageClass = stringOf(at(claim, 'spec', 'storageClassName'));
  return [
    ...(await byName(
      'bound to',
      volume ? [volume] : [],
      { apiVersion: 'v1', kind: 'PersistentVolume' },
      around,
    )),
    ...(await byName(
      'storage class',
      storageClass ? [storageClass] : [],
      { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' },
      around,
    )),
    ...(await usersOf(claim, around)),
  ];
}

async function aroundVolume(volume: KubeObject, around: Surroundings): Promise<Relation[]> {
  const claim = objectOf(at(volume, 'spec', 'claimRef'));
  const name = stringOf(claim.name);
  const namespace = stringOf(claim.namespace);
  const place = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace };
  return byName('claimed by', name ? [name] : [], place, around);
}

/** The pods that refer to a ConfigMap, Secret, claim or ServiceAccount. */
async function usersOf(object: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { namespace = '', name } = object.metadata;
  const pods = (await around.list({ ...POD, namespace })).filter((pod) =>
    podReferences(objectOf(pod.spec)).some((it) => it.kind === object.kind && it.name === name),
  );
  return relate('used by', worstPodsFirst(pods));
}

async function aroundNode(node: KubeObject, around: Surroundings): Promise<Relation[]> {
  const fieldSelector = `spec.nodeName=${node.metadata.name}`;
  return relate('runs', worstPodsFirst(await around.list(POD, { fieldSelector })));
}

async function aroundAutoscaler(autoscaler: KubeObject, around: Surroundings): Promise<Relation[]> {
  const target = objectOf(at(autoscaler, 'spec', 'scaleTargetRef'));
  const [apiVersion, kind, name] = [target.apiVersion, target.kind, target.name].map(stringOf);
  if (kind === undefined || name === undefined) return [];
  const { namespace } = autoscaler.metadata;
  return byName('scales', [name], { apiVersion: apiVersion ?? 'apps/v1', kind, namespace }, around);
}

async function aroundBudget(budget: KubeObject, around: Surroundings): Promise<Relation[]> {
  const { namespace } = budget.metadata;
  const labelSelector = selectorText(objectOf(at(budget, 'spec', 'selector')));
  return relate(
    'protects',
    worstPodsFirst(await around.list({ ...POD, namespace }, { labelSelector })),
  );
}

async function aroundNamespace(object: KubeObject, around: Surroundings): Promise<Relation[]> {
  const namespace = object.metadata.name;
  const kinds = ['ResourceQuota', 'LimitRange'];
  const lists = await Promise.all(
    kinds.map((kind) => around.list({ apiVersion: 'v1', kind, namespace })),
  );
  return relate('limited by', lists.flat());
}
