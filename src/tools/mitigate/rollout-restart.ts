import type { LiveObject } from '../../cluster/types.ts';
import type { Clock } from '../../core/clock.ts';
import { StratusError } from '../../core/errors.ts';
import { at } from '../../core/json.ts';
import type { PlannedWrite } from '../../transaction/types.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { refusePaused } from './rollout-pause.ts';
import { refOfLive } from './target.ts';

const RESTARTABLE = ['Deployment', 'StatefulSet', 'DaemonSet'];
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/**
 * Stamps the pod template, as `kubectl rollout restart` does.
 * @throws StratusError for a kind that can't be restarted and for a paused Deployment.
 */
export function planRestart(target: LiveObject, clock: Pick<Clock, 'now'>): PlannedWrite {
  const { kind } = target.object;
  if (!RESTARTABLE.includes(kind)) {
    throw new StratusError('invalid_arguments', `A ${kind} has no rollout to restart.`, {
      next: `Name a ${RESTARTABLE.join(', ')}.`,
    });
  }
  refusePaused(target, 'a restart');
  const onDelete = at(target.object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  const restartedAt = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const object = refOfLive(target);
  return {
    verb: 'patch',
    object,
    patchType: 'merge',
    patch: { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: restartedAt } } } } },
    summary: onDelete
      ? 'mark for restart; its update strategy OnDelete replaces a pod only when it is deleted'
      : 'restart the rollout',
    kubectl: kubectl('rollout', 'restart', kubectlName(object), namespaceFlag(object)),
  };
}
