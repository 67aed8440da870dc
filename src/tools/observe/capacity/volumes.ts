import { at, objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import type { Surroundings } from '../related/surroundings.ts';
import { matchesNodeSelector, selectorText } from './node-selector.ts';

/** What a pod's claims demand of a node. */
export interface VolumeDemands {
  /** Hold for every node: a claim that is missing or waits for its volume. */
  readonly everywhere: readonly string[];
  readonly unjudged: readonly string[];
  reasonsFor(node: KubeObject): string[];
}

const ZONES = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

/** Reads the claims of the pod and the volumes they are bound to. */
export async function volumeDemands(pod: KubeObject, around: Surroundings): Promise<VolumeDemands> {
  const everywhere: string[] = [];
  const unjudged: string[] = [];
  const volumes: KubeObject[] = [];
  for (const name of claimNames(pod)) {
    const place = { kind: 'PersistentVolumeClaim', apiVersion: 'v1' };
    const claim = await around.get({ ...place, namespace: pod.metadata.namespace }, name);
    if (claim === 'hidden') unjudged.push(`claim ${name} (hidden)`);
    else if (claim === undefined) everywhere.push(`claim ${name} doesn't exist`);
    else await judge(claim, around, { everywhere, unjudged, volumes });
  }
  return {
    everywhere,
    unjudged,
    reasonsFor: (node) => volumes.flatMap((volume) => misplaced(volume, node)),
  };
}

async function judge(
  claim: KubeObject,
  around: Surroundings,
  found: { everywhere: string[]; unjudged: string[]; volumes: KubeObject[] },
): Promise<void> {
  const { name } = claim.metadata;
  const volumeName = stringOf(at(claim, 'spec', 'volumeName'));
  if (claim.metadata.deletionTimestamp) found.everywhere.push(`claim ${name} is being deleted`);
  if (stringOf(at(claim, 'status', 'phase')) === 'Lost') {
    found.everywhere.push(`claim ${name} lost its volume`);
  }
  if (volumeName) {
    const volume = await around.get({ kind: 'PersistentVolume', apiVersion: 'v1' }, volumeName);
    if (volume === 'hidden') found.unjudged.push(`volume of claim ${name} (hidden)`);
    else if (volume === undefined) found.everywhere.push(`volume of claim ${name} doesn't exist`);
    else found.volumes.push(volume);
    return;
  }
  const className = stringOf(at(claim, 'spec', 'storageClassName'));
  const storage = { kind: 'StorageClass', apiVersion: 'storage.k8s.io/v1' };
  const storageClass = className ? await around.get(storage, className) : undefined;
  if (storageClass === 'hidden') found.unjudged.push(`claim ${name} (its StorageClass is hidden)`);
  else if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer') {
    found.unjudged.push(`claim ${name} (its volume is chosen when the pod is placed)`);
  } else found.everywhere.push(`claim ${name} is not bound to a volume yet`);
}

/** Claims the pod names, and those that are made for its generic ephemeral volumes. */
function claimNames(pod: KubeObject): string[] {
  return objectsOf(at(pod, 'spec', 'volumes')).flatMap((volume) => {
    if (volume.ephemeral !== undefined) return [`${pod.metadata.name}-${volume.name}`];
    return stringOf(at(volume, 'persistentVolumeClaim', 'claimName')) ?? [];
  });
}

function misplaced(volume: KubeObject, node: KubeObject): string[] {
  const reasons: string[] = [];
  const { name } = volume.metadata;
  const required = at(volume, 'spec', 'nodeAffinity', 'required');
  if (required && !matchesNodeSelector(required, node)) {
    reasons.push(`volume ${name} is only reached from nodes with ${selectorText(required)}`);
  }
  const nodeLabels = objectOf(node.metadata.labels);
  // As the scheduler's VolumeZone: a node without any zone label is in no zone to conflict with.
  if (!ZONES.some((key) => nodeLabels[key] !== undefined)) return reasons;
  for (const key of ZONES) {
    const zone = stringOf(objectOf(volume.metadata.labels)[key]);
    const here = stringOf(
      nodeLabels[key] ?? nodeLabels[key.replace(/^failure-domain\.beta/, 'topology')],
    );
    if (zone !== undefined && !(here !== undefined && zone.split('__').includes(here))) {
      reasons.push(`volume ${name} lies in ${key}=${zone}`);
    }
  }
  return reasons;
}
