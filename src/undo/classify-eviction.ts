import { controllerOf, type KubeObject } from '../core/kube.ts';
import type { Classification } from './classification.ts';

/** Its controller puts it on the pods of a Job and takes it off again: no cleanup of somebody's own hangs on it. */
const JOB_TRACKING = 'batch.kubernetes.io/job-tracking';

/** An eviction removes the pod for good; only a controller makes that good again. */
export function classifyEviction(pod: KubeObject | undefined): Classification {
  if (pod === undefined) return { class: 'irreversible', undo: 'None: there is no pre-image.' };
  if (controllerOf(pod) === undefined) {
    return {
      class: 'irreversible',
      undo: 'None: no controller would replace this bare pod, and its local state would be lost.',
    };
  }
  const { finalizers } = pod.metadata;
  if (Array.isArray(finalizers) && finalizers.some((one) => one !== JOB_TRACKING)) {
    return {
      class: 'irreversible',
      undo: 'None: its finalizers do cleanup that a replacement does not bring back.',
    };
  }
  return {
    class: 'compensating',
    undo: 'Its controller starts a replacement elsewhere; the old pod does not come back. The undo is to uncordon the node.',
  };
}
