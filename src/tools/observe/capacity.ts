import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { defineObserveTool } from '../types.ts';
import {
  answerShape,
  cursorArgument,
  limitArgument,
  namespaceArgument,
  noteShape,
  pagedShape,
} from './arguments.ts';
import { fitView } from './capacity/fit-view.ts';
import { NAME } from './capacity/look.ts';
import { namespaceView, nodesView, nodeView } from './capacity/views.ts';
import { call } from './next-step.ts';

export const observeCapacity = defineObserveTool({
  name: NAME,
  title: 'Capacity, and why a pod does not fit',
  description: [
    'Use this to see how full nodes are (requests against allocatable, usage where measured), or why a pod is not scheduled.',
    'Without arguments: the nodes. With node: its pods. With namespace: its pods and quotas. With pod: for each node, what keeps the pod off it.',
  ].join(' '),
  effect: 'observe',
  input: z.strictObject({
    node: z.string().min(1).max(253).optional().describe('Name of a node.'),
    pod: z.string().min(1).max(253).optional().describe('Name of a pod in namespace.'),
    namespace: namespaceArgument,
    sort: z.enum(['cpu', 'memory', 'pods', 'name']).default('cpu').describe('Fullest first.'),
    limit: limitArgument(25, 200),
    cursor: cursorArgument,
  }),
  output: z.looseObject({
    ...answerShape,
    nodes: z.array(z.looseObject({})).optional(),
    pods: z.array(z.looseObject({})).optional(),
    quotas: z.array(z.looseObject({})).optional(),
    pod: z.looseObject({}).optional(),
    blocked: z.array(z.string()).optional(),
    fits: z.array(z.string()).optional(),
    misfits: z.array(z.looseObject({})).optional(),
    not_evaluated: z.array(z.string()).optional(),
    scheduler_said: z.array(z.string()).optional(),
    ...pagedShape,
    ...noteShape,
  }),
  async run(args, context) {
    if (args.node !== undefined) {
      if (args.pod === undefined && args.namespace === undefined) {
        return nodeView(context, args.node, args);
      }
      throw new StratusError(
        'invalid_arguments',
        'node stands alone: its pods are of all namespaces.',
        {
          next: `Call ${call(NAME, { node: args.node })}, or leave node out.`,
        },
      );
    }
    if (args.pod !== undefined) {
      return fitView(context, args.namespace ?? context.reader.defaultNamespace, args.pod);
    }
    if (args.namespace !== undefined) return namespaceView(context, args.namespace, args);
    return nodesView(context, args);
  },
});
