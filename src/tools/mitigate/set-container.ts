import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, nameArgument, namespaceArgument, workloadKind } from './arguments.ts';
import { type ContainerChange, type ContainerPart, containerCommand } from './container-change.ts';
import { envArgument, envChange } from './container-env.ts';
import { imageArgument, imageChange } from './container-image.ts';
import { probeArgument, probeChange } from './container-probes.ts';
import { resourcesArgument, resourcesChange } from './container-resources.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';
import { containerOf, containerPatch } from './workload.ts';

const PROBES = ['liveness', 'readiness', 'startup'] as const;

export const mitigateSetContainer = defineMitigateTool({
  name: 'mitigate_set_container',
  title: 'Set up a container',
  effect: 'mitigate',
  description:
    'Use to change the image, environment, resources or probes of one container (or init container) of a workload. All changes of a call are one patch, so one rollout.',
  input: z.strictObject({
    namespace: namespaceArgument,
    kind: workloadKind,
    name: nameArgument,
    container: z.string().min(1).optional().describe('May be left out when there is only one.'),
    image: imageArgument.optional(),
    env: envArgument.optional(),
    resources: resourcesArgument.optional(),
    liveness: probeArgument.describe(
      'Fields of a Kubernetes Probe: httpGet, tcpSocket, exec or grpc; times and thresholds. Those left out stay; null removes the probe.',
    ),
    readiness: probeArgument,
    startup: probeArgument,
    ...commonArguments,
  }),
  reads: (args) => [readTarget(args)],
  plan: (args, live) => {
    const target = targetOf(args, live);
    const object = refOfLive(target);
    const container = containerOf(target.object, args.container);
    const site = { container, object, workload: target.object };
    const asked: (() => ContainerChange | undefined)[] = [];
    const ask = <A>(part: ContainerPart<A>, value: A | undefined) => {
      if (value !== undefined) asked.push(() => part(value, site));
    };
    ask(imageChange, args.image);
    ask(envChange, args.env);
    ask(resourcesChange, args.resources);
    for (const name of PROBES) ask(probeChange(name), args[name]);
    if (asked.length === 0) {
      throw new StratusError('invalid_arguments', 'The call names nothing to change.', {
        next: 'Give image, env, resources, liveness, readiness or startup.',
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
        // One command as well: several would be several rollouts.
        kubectl:
          changes.length === 1 && changes[0] ? changes[0].kubectl : containerCommand(site, fields),
      },
    ];
  },
});
