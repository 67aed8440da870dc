import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, nameArgument, namespaceArgument, workloadKind } from './arguments.ts';
import type { ContainerChange, ContainerPart } from './container-change.ts';
import { envArgument, envChange } from './container-env.ts';
import { imageArgument, imageChange } from './container-image.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';
import { containerOf, containerPatch } from './workload.ts';

export const mitigateSetContainer = defineMitigateTool({
  name: 'mitigate_set_container',
  title: 'Set up a container',
  effect: 'mitigate',
  description:
    'Use to change the image or environment of one container (or init container) of a workload. All changes of a call are one patch, so one rollout.',
  input: z.strictObject({
    namespace: namespaceArgument,
    kind: workloadKind,
    name: nameArgument,
    container: z.string().min(1).optional().describe('May be left out when there is only one.'),
    image: imageArgument.optional(),
    env: envArgument.optional(),
    ...commonArguments,
  }),
  reads: (args) => [readTarget(args)],
  plan: (args, live) => {
    const target = targetOf(args, live);
    const object = refOfLive(target);
    const container = containerOf(target.object, args.container);
    const asked: (() => ContainerChange | undefined)[] = [];
    const ask = <A>(part: ContainerPart<A>, value: A | undefined) => {
      if (value !== undefined) asked.push(() => part(value, container, object));
    };
    ask(imageChange, args.image);
    ask(envChange, args.env);
    if (asked.length === 0) {
      throw new StratusError('invalid_arguments', 'The call names nothing to change.', {
        next: 'Give image or env.',
      });
    }
    const changes = asked.flatMap((plan) => plan() ?? []);
    if (changes.length === 0) {
      throw nothingToDo(`Container ${container.name} of ${titleOf(target)} already is as asked.`);
    }
    const fields: JsonObject = Object.assign({}, ...changes.map((change) => change.fields));
    return [
      {
        verb: 'patch',
        object,
        patchType: 'strategic',
        patch: containerPatch(target.object, container, fields),
        summary: changes.map(({ summary }) => summary).join('; '),
        kubectl: changes.map((change) => change.kubectl).join(' && '),
      },
    ];
  },
});
