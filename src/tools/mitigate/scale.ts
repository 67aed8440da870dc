import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { at, numberOf } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import {
  commonArguments,
  intendedReduction,
  nameArgument,
  namespaceArgument,
  workloadKind,
} from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

export const mitigateScale = defineMitigateTool({
  name: 'mitigate_scale',
  title: 'Scale a workload',
  effect: 'mitigate',
  description:
    'Use to set how many replicas a Deployment, StatefulSet or ReplicaSet runs. Where a HorizontalPodAutoscaler owns the count it will overrule you: patch the autoscaler instead.',
  input: z.strictObject({
    namespace: namespaceArgument,
    kind: workloadKind,
    name: nameArgument,
    replicas: z.int().min(0).describe('Replicas wanted.'),
    intended_reduction: intendedReduction,
    ...commonArguments,
  }),
  reads: (args) => [readTarget(args)],
  plan: (args, live) => {
    const target = targetOf(args, live);
    const before = numberOf(at(target.object, 'spec', 'replicas'));
    if (before === undefined) {
      throw new StratusError(
        'invalid_arguments',
        `${titleOf(target)} has no spec.replicas, so it can't be scaled.`,
        { next: 'Scale a Deployment, StatefulSet or ReplicaSet.' },
      );
    }
    if (before === args.replicas) {
      throw nothingToDo(`${titleOf(target)} already asks for ${before} replicas.`);
    }
    const object = refOfLive(target);
    return [
      {
        verb: 'patch',
        object,
        patchType: 'merge',
        patch: { spec: { replicas: args.replicas } },
        summary: `scale from ${before} to ${args.replicas} replicas`,
        kubectl: kubectl(
          'scale',
          kubectlName(object),
          namespaceFlag(object),
          `--replicas=${args.replicas}`,
        ),
      },
    ];
  },
});
