import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { StratusError } from '../../core/errors.ts';
import { at } from '../../core/json.ts';
import { defineMitigateTool, type MitigateTool } from '../types.ts';
import { commonArguments, nameArgument, namespaceArgument, workloadKind } from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { readTarget, refOfLive, targetOf, titleOf } from './target.ts';

const RESTARTABLE = ['Deployment', 'StatefulSet', 'DaemonSet'];
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

const input = z.strictObject({
  namespace: namespaceArgument,
  kind: workloadKind,
  name: nameArgument,
  ...commonArguments,
});

/** The clock stamps the template: that is what makes a restart a change. */
export function mitigateRolloutRestart(clock: Pick<Clock, 'now'>): MitigateTool<typeof input> {
  return defineMitigateTool({
    name: 'mitigate_rollout_restart',
    title: 'Restart a rollout',
    effect: 'mitigate',
    description:
      'Use to replace the pods of a Deployment, StatefulSet or DaemonSet one after the other, for example so that they read changed configuration. It repairs no wrong configuration.',
    input,
    reads: (args) => [readTarget(args)],
    plan: (args, live) => {
      const target = targetOf(args, live);
      const { kind } = target.object;
      if (!RESTARTABLE.includes(kind)) {
        throw new StratusError('invalid_arguments', `A ${kind} has no rollout to restart.`, {
          next: `Name a ${RESTARTABLE.join(', ')}.`,
        });
      }
      if (at(target.object, 'spec', 'paused') === true) {
        throw new StratusError(
          'invalid_arguments',
          `${titleOf(target)} is paused, so a restart would not start.`,
          { next: 'Resume it first: mitigate_patch with spec.paused false.' },
        );
      }
      const onDelete = at(target.object, 'spec', 'updateStrategy', 'type') === 'OnDelete';
      const restartedAt = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      const object = refOfLive(target);
      return [
        {
          verb: 'patch',
          object,
          patchType: 'merge',
          patch: {
            spec: { template: { metadata: { annotations: { [RESTARTED_AT]: restartedAt } } } },
          },
          summary: onDelete
            ? 'mark for restart; its update strategy OnDelete replaces a pod only when it is deleted'
            : 'restart the rollout',
          kubectl: kubectl('rollout', 'restart', kubectlName(object), namespaceFlag(object)),
        },
      ];
    },
  });
}
