import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { at } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, nameArgument } from './arguments.ts';
import { kubectl } from './kubectl.ts';
import { type TaintWords, taintPlan, untaintPlan } from './taints.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

const taintArgument = z
  .strictObject({
    key: z.string().min(1),
    value: z.string().optional(),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .describe('Needed to taint; untaint without it removes all of the key.'),
  })
  .optional()
  .describe('For taint and untaint.');

const nodeOf = (name: string) => ({ kind: 'v1 Node', name });

export const mitigateNode = defineMitigateTool({
  name: 'mitigate_node',
  title: 'Cordon or taint a node',
  effect: 'mitigate',
  description:
    'Use to keep new pods away from a bad node, or to let them in again. Pods that run there stay. NoExecute evicts pods for good, so it is refused.',
  input: z.strictObject({
    name: nameArgument,
    action: z.enum(['cordon', 'uncordon', 'taint', 'untaint']),
    taint: taintArgument,
    ...commonArguments,
  }),
  reads: (args) => {
    wordsOf(args);
    return [readTarget(nodeOf(args.name))];
  },
  plan: (args, live) => {
    const target = targetOf(nodeOf(args.name), live);
    const words = wordsOf(args);
    if (words !== undefined) {
      return args.action === 'taint' ? taintPlan(target, words) : untaintPlan(target, words);
    }
    const cordon = args.action === 'cordon';
    if ((at(target.object, 'spec', 'unschedulable') === true) === cordon) {
      throw nothingToDo(`${titleOf(target)} is ${cordon ? 'cordoned already' : 'not cordoned'}.`);
    }
    return [
      {
        verb: 'patch',
        object: refOfLive(target),
        patchType: 'merge',
        patch: { spec: { unschedulable: cordon ? true : null } },
        summary: cordon
          ? 'cordon: no new pod is placed there, those that run stay'
          : 'uncordon: new pods may be placed there',
        kubectl: kubectl(args.action, target.key.name),
        ...(cordon ? { declares: `it is cordoned: ${args.reason}` } : {}),
      },
    ];
  },
});

/** The taint that the action needs; undefined for those that need none. */
function wordsOf(args: {
  readonly action: 'cordon' | 'uncordon' | 'taint' | 'untaint';
  readonly taint?: TaintWords | undefined;
}): TaintWords | undefined {
  const { action, taint } = args;
  const needed = action === 'taint' || action === 'untaint';
  if (!needed && taint !== undefined) {
    throw new StratusError('invalid_arguments', `${action} takes no taint.`, {
      next: 'Leave taint out, or say action taint or untaint.',
    });
  }
  if (needed && taint === undefined) {
    throw new StratusError('invalid_arguments', `${action} needs a taint.`, {
      next: 'Give taint with key and effect.',
    });
  }
  return taint;
}
