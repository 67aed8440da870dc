import { at, objectsOf, ownValue, parseJson, stringOf } from '../../core/json.ts';
import { groupOf, type KubeObject } from '../../core/kube.ts';
import { ARGO, hasArgoEvidence, LAST_APPLIED, TRACKING } from './tracking.ts';

/** Somebody outside of the cluster's own controllers who declares what an object should be. */
export interface Declarer {
  /**
   * `gitops` puts its fields back by itself; `helm` does at the next upgrade; `applied` is any other field manager of
   * a server-side apply: an operator, a pipeline or a person, and nobody can tell which.
   */
  readonly kind: 'gitops' | 'helm' | 'applied';
  /** `Flux Kustomization infra/apps`. */
  readonly who: string;
  /** Field managers that it writes by. */
  readonly managers: readonly string[];
  /** Why it leaves the object alone at present, as its own annotation says. */
  readonly idle?: string;
}

const FLUX = {
  kustomization: ['kustomize-controller'],
  helmRelease: ['helm-controller', 'helm'],
} as const;
const HELM = ['helm', 'Helm'] as const;

/** Field managers that are known to reconcile, for objects without marks of theirs. */
const RECONCILERS: Readonly<Record<string, string>> = {
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'kustomize-controller': 'Flux',
  'helm-controller': 'Flux',
  configsync: 'Config Sync',
  fleetagent: 'Fleet',
};

/**
 * Who declares an object, by the marks that Argo CD, Flux and Helm put on it and by managedFields.
 * Sources: Argo CD resource tracking, Flux kustomize- and helm-controller, Helm's ownership check on install.
 */
export function declarers(object: KubeObject): Declarer[] {
  const marked = [fluxKustomization(object), fluxHelm(object), argo(object)].filter(
    (it) => it !== undefined,
  );
  const found: Declarer[] = [...marked];
  if (!marked.some(({ managers }) => managers.includes('helm'))) {
    const release = helmRelease(object);
    if (release !== undefined) found.push(release);
  }
  const known = new Set(found.flatMap(({ managers }) => managers));
  for (const entry of objectsOf(object.metadata.managedFields)) {
    const manager = stringOf(entry.manager) ?? '';
    if (known.has(manager)) continue;
    const name = ownValue(RECONCILERS, manager);
    if (typeof name === 'string') {
      found.push({ kind: 'gitops', who: `${name} (${manager})`, managers: [manager] });
    } else if (entry.operation === 'Apply' && entry.subresource !== 'status') {
      found.push({ kind: 'applied', who: manager, managers: [manager] });
    } else continue;
    known.add(manager);
  }
  return found;
}

/** True where a field manager is one that puts its fields back by itself, or that declared them by server-side apply. */
export function isReconciler(manager: string, operation: string): boolean {
  return operation === 'Apply' || ownValue(RECONCILERS, manager) !== undefined;
}

function fluxKustomization(object: KubeObject): Declarer | undefined {
  const labels = object.metadata.labels ?? {};
  const name = labels[TRACKING.fluxKustomizeName];
  if (name === undefined) return undefined;
  const namespace = labels[TRACKING.fluxKustomizeNamespace] ?? '';
  const { annotations = {} } = object.metadata;
  const idle = [
    ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
    ['kustomize.toolkit.fluxcd.io/ssa', 'Ignore'],
    ['kustomize.toolkit.fluxcd.io/ssa', 'IfNotPresent'],
  ].find(([key = '', value]) => annotations[key]?.toLowerCase() === value?.toLowerCase());
  return {
    kind: 'gitops',
    who: `Flux Kustomization ${namespace}/${name}`,
    managers: FLUX.kustomization,
    ...(idle === undefined ? {} : { idle: idle.join(': ') }),
  };
}

function fluxHelm(object: KubeObject): Declarer | undefined {
  const labels = object.metadata.labels ?? {};
  const name = labels[TRACKING.fluxHelmName];
  if (name === undefined) return undefined;
  const namespace = labels[TRACKING.fluxHelmNamespace] ?? '';
  const drift = 'helm.toolkit.fluxcd.io/driftDetection';
  const off = object.metadata.annotations?.[drift] === 'disabled';
  return {
    kind: 'gitops',
    who: `Flux HelmRelease ${namespace}/${name}`,
    managers: FLUX.helmRelease,
    ...(off ? { idle: `${drift}: disabled` } : {}),
  };
}

/** The tracking id names the object it is about: on a copy of it (a child that inherited annotations) it is no claim. */
function argo(object: KubeObject): Declarer | undefined {
  const { labels = {}, annotations = {}, namespace = '', name } = object.metadata;
  const id = annotations[TRACKING.argoId];
  const self = `${groupOf(object.apiVersion)}/${object.kind}:`;
  if (id?.includes(`:${self}`)) {
    const [app = ''] = id.split(':');
    const [place = '', its] = id.slice(id.indexOf(`:${self}`) + self.length + 1).split('/');
    // Of a cluster-scoped object the id carries the namespace of the application.
    const same = its === name && (place === namespace || namespace === '');
    if (same) return { kind: 'gitops', who: `Argo CD application ${app}`, managers: ARGO };
  }
  const instance = labels[TRACKING.instance];
  if (instance === undefined || !hasArgoEvidence(object)) return undefined;
  return { kind: 'gitops', who: `Argo CD application ${instance}`, managers: ARGO };
}

function helmRelease(object: KubeObject): Declarer | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  const name = annotations[TRACKING.helmName];
  if (labels[TRACKING.managedBy] !== 'Helm' || name === undefined) return undefined;
  const namespace = annotations[TRACKING.helmNamespace] ?? object.metadata.namespace ?? '';
  return { kind: 'helm', who: `Helm release ${namespace}/${name}`, managers: HELM };
}

/** What `kubectl apply` and Argo CD (client-side) last applied; undefined where it is absent or no JSON. */
export function lastApplied(object: KubeObject) {
  const text = object.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The KEDA ScaledObject that generates a HorizontalPodAutoscaler. */
export function kedaOwner(object: KubeObject): string | undefined {
  const owner = objectsOf(object.metadata.ownerReferences).find(
    (it) => it.kind === 'ScaledObject' && groupOf(stringOf(it.apiVersion) ?? '') === 'keda.sh',
  );
  return stringOf(at(owner, 'name'));
}
