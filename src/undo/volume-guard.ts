import { at } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

/**
 * Why a volume can't get its old reclaim policy back: a released volume that is not to be retained is deleted at
 * once, with its data.
 */
export function losesVolume(live: KubeObject | undefined, wanted: KubeObject): string | undefined {
  if (live?.apiVersion !== 'v1' || live.kind !== 'PersistentVolume') return undefined;
  const policy = at(wanted, 'spec', 'persistentVolumeReclaimPolicy');
  if (policy === 'Retain' || at(live, 'spec', 'persistentVolumeReclaimPolicy') !== 'Retain')
    return undefined;
  const phase = at(live, 'status', 'phase');
  if (phase !== 'Released' && phase !== 'Failed') return undefined;
  return `Its claim is gone (${phase}), so the reclaim policy ${policy} would delete the volume and its data at once; it is kept with Retain.`;
}
