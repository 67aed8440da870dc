import { equalJson, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';

/** Labels and annotations by which Argo CD, Flux and Helm know their objects. */
export const TRACKING = {
  argoId: 'argocd.argoproj.io/tracking-id',
  instance: 'app.kubernetes.io/instance',
  managedBy: 'app.kubernetes.io/managed-by',
  fluxKustomizeName: 'kustomize.toolkit.fluxcd.io/name',
  fluxKustomizeNamespace: 'kustomize.toolkit.fluxcd.io/namespace',
  fluxHelmName: 'helm.toolkit.fluxcd.io/name',
  fluxHelmNamespace: 'helm.toolkit.fluxcd.io/namespace',
  helmName: 'meta.helm.sh/release-name',
  helmNamespace: 'meta.helm.sh/release-namespace',
} as const;

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Field managers that Argo CD writes by. */
export const ARGO = ['argocd-controller', 'argocd-application-controller'] as const;

/** Always a mark, whatever its value is. */
const LABELS = [
  TRACKING.fluxKustomizeName,
  TRACKING.fluxKustomizeNamespace,
  TRACKING.fluxHelmName,
  TRACKING.fluxHelmNamespace,
] as const;
const ANNOTATIONS = [TRACKING.argoId, TRACKING.helmName, TRACKING.helmNamespace] as const;

/**
 * The tracking label or annotation that a change adds, changes or takes away; undefined when it leaves all of them.
 * Without its mark an object is pruned or forgotten by its owner; with a foreign one it is adopted.
 */
export function touchedMark(
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): string | undefined {
  const [was, is] = [before?.metadata, after?.metadata];
  const differs = (map: 'labels' | 'annotations') => (name: string) =>
    !equalJson(was?.[map]?.[name], is?.[map]?.[name]);
  const label = LABELS.find(differs('labels'));
  const annotation = ANNOTATIONS.find(differs('annotations'));
  if (label !== undefined || annotation !== undefined) return label ?? annotation;
  const managedBy = TRACKING.managedBy;
  const ofHelm = [was, is].some((it) => it?.labels?.[managedBy] === 'Helm');
  if (ofHelm && differs('labels')(managedBy)) return managedBy;
  const ofArgo = before !== undefined && hasArgoEvidence(before);
  return ofArgo && differs('labels')(TRACKING.instance) ? TRACKING.instance : undefined;
}

/** The label app.kubernetes.io/instance is used by nearly everybody; alone it says nothing. */
export function hasArgoEvidence(object: KubeObject): boolean {
  return (
    Object.keys(object.metadata.annotations ?? {}).some((key) =>
      key.startsWith('argocd.argoproj.io/'),
    ) ||
    objectsOf(object.metadata.managedFields).some(({ manager }) =>
      ARGO.some((known) => known === manager),
    )
  );
}
