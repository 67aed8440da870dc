import { z } from 'zod';
import { defineMitigateTool } from '../types.ts';
import {
  commonArguments,
  intendedReduction,
  kindArgument,
  nameArgument,
  optionalNamespace,
} from './arguments.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { isTerminating, nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

export const mitigateDelete = defineMitigateTool({
  name: 'mitigate_delete',
  title: 'Delete an object',
  effect: 'mitigate',
  description:
    'Use to delete one named object, when the object itself is the cause (a quota, a network policy, a stuck pod). What can not be brought back is refused. Deleting what was serving fails the gate.',
  input: z.strictObject({
    kind: kindArgument,
    name: nameArgument,
    namespace: optionalNamespace,
    intended_reduction: intendedReduction,
    ...commonArguments,
  }),
  reads: (args) => [readTarget(args)],
  plan: (args, live) => {
    const target = targetOf(args, live);
    if (isTerminating(target.object)) {
      throw nothingToDo(`${titleOf(target)} is being deleted already.`);
    }
    const object = refOfLive(target);
    return [
      {
        verb: 'delete',
        object,
        summary: 'delete',
        kubectl: kubectl('delete', kubectlName(object), namespaceFlag(object)),
      },
    ];
  },
});
