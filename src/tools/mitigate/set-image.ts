import { z } from 'zod';
import { stringOf } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, nameArgument, namespaceArgument, workloadKind } from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';
import { containerOf, containerPatch } from './workload.ts';

export const mitigateSetImage = defineMitigateTool({
  name: 'mitigate_set_image',
  title: 'Set a container image',
  effect: 'mitigate',
  description:
    'Use to change the image of one container (or init container) of a workload, for example after a bad tag. Starts a rollout.',
  input: z.strictObject({
    namespace: namespaceArgument,
    kind: workloadKind,
    name: nameArgument,
    container: z.string().min(1).optional().describe('May be left out when there is only one.'),
    image: z
      .string()
      .regex(/^[^\s"'`\\]+$/, 'is not an image reference')
      .describe('Full reference, such as registry/repo:tag or repo@sha256:….'),
    ...commonArguments,
  }),
  reads: (args) => [readTarget(args)],
  plan: (args, live) => {
    const target = targetOf(args, live);
    const container = containerOf(target.object, args.container);
    const before = stringOf(container.spec.image) ?? 'none';
    if (before === args.image) {
      throw nothingToDo(
        `Container ${container.name} of ${titleOf(target)} already runs ${args.image}.`,
      );
    }
    const object = refOfLive(target);
    return [
      {
        verb: 'patch',
        object,
        patchType: 'strategic',
        patch: containerPatch(target.object, container, { image: args.image }),
        summary: `set image of container ${container.name} from ${before} to ${args.image}`,
        kubectl: kubectl(
          'set',
          'image',
          kubectlName(object),
          `${container.name}=${args.image}`,
          namespaceFlag(object),
        ),
      },
    ];
  },
});
