import { z } from 'zod';
import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, numberOf } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import {
  commonArguments,
  intendedReduction,
  nameArgument,
  namespaceArgument,
  REDUCTION,
  workloadKind,
} from './arguments.ts';
import { type Autoscaling, boundsPlan, isAutoscaler } from './autoscaler.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

export const mitigateScale = defineMitigateTool({
  name: 'mitigate_scale',
  title: 'Scale a workload',
  effect: 'mitigate',
  description:
    'Use to set how many replicas a Deployment, StatefulSet or ReplicaSet runs, or the bounds of a HorizontalPodAutoscaler. An autoscaler overrules replicas of what it owns; the plan says so.',
  input: z.strictObject({
    namespace: namespaceArgument,
    kind: workloadKind,
    name: nameArgument,
    replicas: z.int().min(0).optional().describe('Replicas wanted of a workload.'),
    min_replicas: z.int().min(0).optional().describe('Of a HorizontalPodAutoscaler.'),
    max_replicas: z.int().min(1).optional().describe('Of a HorizontalPodAutoscaler.'),
    intended_reduction: intendedReduction,
    ...commonArguments,
  }),
  reads: (args) => {
    requireOneKind(args);
    return [readTarget(args)];
  },
  plan: (args, live) => {
    const target = targetOf(args, live);
    if (args.replicas === undefined) return boundsPlan(args, target);
    if (isAutoscaler(target)) {
      throw new StratusError('invalid_arguments', `${titleOf(target)} has bounds, not replicas.`, {
        next: 'Give min_replicas, max_replicas or both.',
      });
    }
    return replicasPlan(args.replicas, target, args.intended_reduction);
  },
});

function requireOneKind(args: Autoscaling & { readonly replicas?: number | undefined }): void {
  const bounds = args.min_replicas !== undefined || args.max_replicas !== undefined;
  if (args.replicas !== undefined && bounds) {
    throw new StratusError(
      'invalid_arguments',
      'replicas is for a workload, min_replicas and max_replicas are for its HorizontalPodAutoscaler: one call changes one object.',
      { next: 'Make two calls, or one mitigate_batch.' },
    );
  }
  if (args.replicas === undefined && !bounds) {
    throw new StratusError('invalid_arguments', 'There is nothing to set.', {
      next: 'Give replicas, or min_replicas and max_replicas of a HorizontalPodAutoscaler.',
    });
  }
}

function replicasPlan(replicas: number, target: LiveObject, intended: boolean) {
  const before = numberOf(at(target.object, 'spec', 'replicas'));
  if (before === undefined) {
    throw new StratusError(
      'invalid_arguments',
      `${titleOf(target)} has no spec.replicas, so it can't be scaled.`,
      { next: 'Scale a Deployment, StatefulSet or ReplicaSet.' },
    );
  }
  if (before === replicas) {
    throw nothingToDo(`${titleOf(target)} already asks for ${before} replicas.`);
  }
  const object = refOfLive(target);
  const warnings = replicas < before && !intended ? [REDUCTION] : [];
  return [
    {
      verb: 'patch' as const,
      object,
      patchType: 'merge' as const,
      patch: { spec: { replicas } },
      summary: `scale from ${before} to ${replicas} replicas`,
      ...(warnings.length === 0 ? {} : { warnings }),
      kubectl: kubectl(
        'scale',
        kubectlName(object),
        namespaceFlag(object),
        `--replicas=${replicas}`,
      ),
    },
  ];
}
