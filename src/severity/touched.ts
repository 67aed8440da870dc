import { arrayOf, at, isObject, type Json, stringOf } from '../core/json.ts';
import type { KubeObject, ObjectRef } from '../core/kube.ts';
import { asOwner, keyOf, type View } from './view.ts';

/** What has to come to rest because of the objects that a transaction touched. */
export interface TouchedWorkloads {
  /** Changed themselves, or their pods were. */
  readonly direct: readonly KubeObject[];
  /** They only read something that changed: a ConfigMap, a quota. */
  readonly indirect: readonly KubeObject[];
}

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];
const NAMESPACE_WIDE = ['ResourceQuota', 'LimitRange', 'Namespace'];

/** Objects that don't exist any more need no rest and are left out. */
export function touchedWorkloads(view: View, touched: readonly ObjectRef[]): TouchedWorkloads {
  const direct = new Map<string, KubeObject>();
  const indirect = new Map<string, KubeObject>();
  for (const ref of touched) {
    const found = directly(view, ref);
    if (found !== undefined) direct.set(keyOf(asOwner(found)), found);
    for (const object of indirectly(view, ref)) indirect.set(keyOf(asOwner(object)), object);
  }
  for (const key of direct.keys()) indirect.delete(key);
  return { direct: [...direct.values()], indirect: [...indirect.values()] };
}

function directly(view: View, ref: ObjectRef): KubeObject | undefined {
  if (ref.kind === 'Pod') return workloadOfPod(view, ref);
  if (!WORKLOADS.includes(ref.kind)) return undefined;
  const object = view.find(ref.kind, ref.namespace, ref.name);
  return object && topOf(view, object);
}

function topOf(view: View, object: KubeObject): KubeObject {
  const owner = view.ownerOf(object);
  return view.find(owner.kind, owner.namespace, owner.name) ?? object;
}

/** A deleted pod still tells its workload by its name: `catalog-5d9f-x2x` was made by `catalog-5d9f`. */
function workloadOfPod(view: View, ref: ObjectRef): KubeObject | undefined {
  const pod = view.find('Pod', ref.namespace, ref.name);
  if (pod !== undefined) return topOf(view, pod);
  const makers = ['ReplicaSet', 'StatefulSet', 'DaemonSet']
    .flatMap((kind) => view.list(kind))
    .filter(
      (it) =>
        it.metadata.namespace === ref.namespace && ref.name.startsWith(`${it.metadata.name}-`),
    )
    .sort((a, b) => b.metadata.name.length - a.metadata.name.length);
  return makers[0] && topOf(view, makers[0]);
}

function indirectly(view: View, ref: ObjectRef): KubeObject[] {
  const { namespace } = ref.kind === 'Namespace' ? { namespace: ref.name } : ref;
  const all = ['Deployment', 'StatefulSet', 'DaemonSet']
    .flatMap((kind) => view.list(kind))
    .filter((it) => it.metadata.namespace === namespace);
  if (NAMESPACE_WIDE.includes(ref.kind)) return all;
  if (ref.kind === 'HorizontalPodAutoscaler') {
    const target = at(view.find(ref.kind, namespace, ref.name), 'spec', 'scaleTargetRef');
    return all.filter(
      (it) => it.kind === at(target, 'kind') && it.metadata.name === at(target, 'name'),
    );
  }
  const references = REFERENCES[ref.kind];
  if (references === undefined) return [];
  return all.filter((it) => mentions(at(it, 'spec', 'template', 'spec'), references, ref.name));
}

/** Keys of a pod template that hold a reference, and where in it the name is. */
const REFERENCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ConfigMap: { configMap: 'name', configMapRef: 'name', configMapKeyRef: 'name' },
  Secret: { secret: 'secretName', secretRef: 'name', secretKeyRef: 'name' },
  PersistentVolumeClaim: { persistentVolumeClaim: 'claimName' },
};

function mentions(
  value: Json | undefined,
  references: Readonly<Record<string, string>>,
  name: string,
): boolean {
  if (Array.isArray(value)) return arrayOf(value).some((it) => mentions(it, references, name));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => {
    const field = references[key];
    // A projected Secret is named by `name`, a Secret volume by `secretName`.
    const names = field === undefined ? [] : [at(inner, field), at(inner, 'name')];
    return names.map(stringOf).includes(name) || mentions(inner, references, name);
  });
}

/** Keys of workloads, as violations name them. */
export function ownersOf(workloads: readonly KubeObject[]): ReadonlySet<string> {
  return new Set(workloads.map((it) => keyOf(asOwner(it))));
}
