import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { StratusError } from '../../core/errors.ts';
import type { Live, PlannedWrite } from '../../transaction/types.ts';
import { defineMitigateTool, type MitigateTool } from '../types.ts';
import {
  commonArguments,
  intendedReduction,
  nameArgument,
  namespaceArgument,
  workloadKind,
} from './arguments.ts';
import { planPause, planResume } from './rollout-pause.ts';
import { planRestart } from './rollout-restart.ts';
import { historyRead, planUndo } from './rollout-undo.ts';
import { readTarget, targetOf } from './target.ts';

const input = z.strictObject({
  namespace: namespaceArgument,
  kind: workloadKind,
  name: nameArgument,
  action: z.enum(['restart', 'undo', 'pause', 'resume']),
  to_revision: z
    .int()
    .min(1)
    .optional()
    .describe(
      'For undo. Left out: the newest earlier one, or in a stuck rollout what still serves.',
    ),
  intended_reduction: intendedReduction,
  ...commonArguments,
});
type Arguments = z.output<typeof input>;

/** The clock stamps the template: that is what makes a restart a change. */
export function mitigateRollout(clock: Pick<Clock, 'now'>): MitigateTool<typeof input> {
  return defineMitigateTool({
    name: 'mitigate_rollout',
    title: 'Steer a rollout',
    effect: 'mitigate',
    description:
      "Use to steer a rollout. restart replaces the pods one by one, so that they read changed configuration. undo brings back an earlier pod template after somebody else's rollout (for your own: undo_last, undo_transaction). pause stops a Deployment's rollout where it is and holds later changes back until resume; a change held back can't be judged, so its commit is undone. For a CronJob or Job: suspend, resume.",
    input,
    reads: (args) => {
      refuseStrayRevision(args);
      const target = readTarget(args);
      return args.action === 'undo' ? [target, historyRead(args)] : [target];
    },
    plan: (args, live) => [planned(args, live, clock)],
  });
}

function planned(args: Arguments, live: Live, clock: Pick<Clock, 'now'>): PlannedWrite {
  const target = targetOf(args, live);
  switch (args.action) {
    case 'restart':
      return planRestart(target, clock);
    case 'undo':
      return planUndo(target, live, args.to_revision);
    case 'pause':
      return planPause(target);
    case 'resume':
      return planResume(target);
  }
}

function refuseStrayRevision({ action, to_revision }: Arguments): void {
  if (action === 'undo' || to_revision === undefined) return;
  throw new StratusError('invalid_arguments', `to_revision means nothing to ${action}.`, {
    next: 'Leave it out, or say action undo.',
  });
}
