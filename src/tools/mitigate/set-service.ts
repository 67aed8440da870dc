import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { type Json, stringifyJson } from '../../core/json.ts';
import { defineMitigateTool } from '../types.ts';
import {
  commonArguments,
  intendedReduction,
  nameArgument,
  namespaceArgument,
} from './arguments.ts';
import { kubectl, kubectlName, kubectlPatch, namespaceFlag } from './kubectl.ts';
import { portChange } from './service-ports.ts';
import { KEPT_BY_HAND, podsNote, requireSelecting, selectorChange } from './service-selector.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

export const PODS = 'pods';

const portNumber = z.int().min(1).max(65_535);
const protocol = z.enum(['TCP', 'UDP', 'SCTP']).default('TCP');

const serviceOf = (args: { namespace: string; name: string }) => ({
  kind: 'v1 Service',
  namespace: args.namespace,
  name: args.name,
});

export const mitigateSetService = defineMitigateTool({
  name: 'mitigate_set_service',
  title: "Set a Service's selector and ports",
  effect: 'mitigate',
  description:
    'Use when a Service reaches no pods or the wrong ones, or sends to the wrong port. The plan says how many pods the selector matches.',
  input: z.strictObject({
    namespace: namespaceArgument,
    name: nameArgument,
    selector: z
      .record(z.string().min(1), z.string().nullable())
      .optional()
      .describe('Labels to set; null takes one away.'),
    replace_selector: z.boolean().default(false).describe('selector is the whole new one.'),
    ports: z
      .array(
        z.strictObject({
          port: portNumber,
          protocol,
          name: z.string().min(1).optional(),
          target_port: z.union([portNumber, z.string().min(1)]).optional(),
          node_port: portNumber.optional(),
        }),
      )
      .default([])
      .describe('Ports to change or add, by port and protocol; what is not named stays.'),
    remove_ports: z.array(z.strictObject({ port: portNumber, protocol })).default([]),
    intended_reduction: intendedReduction,
    ...commonArguments,
  }),
  reads: (args) => {
    if (!args.selector && args.ports.length + args.remove_ports.length === 0) {
      throw new StratusError('invalid_arguments', 'There is nothing to set.', {
        next: 'Give selector, ports or remove_ports.',
      });
    }
    const { namespace, name } = args;
    const ownSlices = {
      resource: 'endpointslices.discovery.k8s.io',
      namespace,
      labelSelector: `kubernetes.io/service-name=${name}`,
      optional: true,
    } as const;
    return [
      readTarget(serviceOf(args)),
      { as: PODS, list: { resource: 'pods', namespace, optional: true } },
      ...(args.selector ? [{ as: KEPT_BY_HAND, list: ownSlices }] : []),
    ];
  },
  plan: (args, live) => {
    const target = targetOf(serviceOf(args), live);
    requireSelecting(target, args.selector !== undefined, live);
    const selector = selectorChange(target, args.selector, args.replace_selector);
    const ports = portChange(target, args.ports, args.remove_ports);
    const patch: Json[] = [...selector.operations, ...ports.operations];
    if (patch.length === 0) {
      throw nothingToDo(`${titleOf(target)} already is as asked.`);
    }
    const object = refOfLive(target);
    const pods = live.unread?.(PODS) ? undefined : live.list(PODS);
    const note = podsNote(target, selector, ports.targets, pods);
    return [
      {
        verb: 'patch',
        object,
        patchType: 'json',
        patch,
        summary: [...selector.words, ...ports.words, note.words].join('; '),
        warnings: note.warnings,
        kubectl:
          ports.operations.length > 0
            ? kubectlPatch(object, 'json', stringifyJson(patch))
            : // It replaces the selector as a whole.
              kubectl('set', 'selector', kubectlName(object), namespaceFlag(object), selector.text),
      },
    ];
  },
});
