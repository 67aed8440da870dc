import { z } from 'zod';
import { StratusError } from '../../core/errors.ts';
import { at } from '../../core/json.ts';
import type { PlannedWrite } from '../../transaction/types.ts';
import { defineMitigateTool } from '../types.ts';
import { commonArguments, nameArgument } from './arguments.ts';
import { budgetWarnings, namesOf, podsToEvict } from './drain-pods.ts';
import { kubectl } from './kubectl.ts';
import { nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

const PODS = 'pods';
const BUDGETS = 'budgets';
const JOBS = 'jobs';

const nodeOf = (name: string) => ({ kind: 'v1 Node', name });

export const mitigateDrain = defineMitigateTool({
  name: 'mitigate_drain',
  title: 'Drain a node',
  effect: 'mitigate',
  description:
    'Use to empty a bad node: cordons it, then evicts its pods one by one, as PodDisruptionBudgets allow. Pods of DaemonSets, static and finished pods stay; bare pods are refused. When a budget blocks too long, the node is uncordoned again; evicted pods live on elsewhere.',
  input: z.strictObject({
    name: nameArgument.describe('Name of the node.'),
    delete_empty_dir_data: z
      .boolean()
      .default(false)
      .describe('Evict pods with emptyDir volumes too; that data is lost.'),
    grace_seconds: z
      .int()
      .min(1)
      .max(3_600)
      .optional()
      .describe("Time to stop for each pod; by default the pod's own."),
    timeout_seconds: z
      .int()
      .min(1)
      .max(600)
      // Clients give up on an answer after a minute or so, and a cancelled drain is taken back.
      .default(30)
      .describe('How long to wait for budgets, in all.'),
    ...commonArguments,
  }),
  reads: ({ name }) => {
    // It becomes part of a field selector.
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
      throw new StratusError('invalid_arguments', `"${name}" can't be the name of a node.`);
    }
    return [
      readTarget(nodeOf(name)),
      { as: PODS, list: { resource: 'pods', fieldSelector: `spec.nodeName=${name}` } },
      { as: BUDGETS, list: { resource: 'poddisruptionbudgets.policy', optional: true } },
      { as: JOBS, list: { resource: 'jobs.batch', optional: true } },
    ];
  },
  plan: (args, live) => {
    const node = targetOf(nodeOf(args.name), live);
    const jobs = live.unread?.(JOBS) === true ? undefined : live.list(JOBS);
    const { evictable, staying, startAnew } = podsToEvict(
      live.list(PODS),
      jobs,
      args.delete_empty_dir_data,
    );
    const command = commandLine(args);
    const cordon: PlannedWrite = {
      verb: 'patch',
      object: refOfLive(node),
      patchType: 'merge',
      patch: { spec: { unschedulable: true } },
      summary: 'cordon: no new pod is placed there',
      kubectl: command,
      declares: `it is drained: ${args.reason}`,
    };
    const evictions = evictable.map(
      (pod): PlannedWrite => ({
        verb: 'evict',
        object: refOfLive(pod),
        summary: `evict from ${args.name}`,
        kubectl: command,
        ...(args.grace_seconds === undefined ? {} : { gracePeriodSeconds: args.grace_seconds }),
        patienceSeconds: args.timeout_seconds,
      }),
    );
    const cordoned = at(node.object, 'spec', 'unschedulable') === true;
    const [first, ...rest] = cordoned ? evictions : [cordon, ...evictions];
    if (first === undefined) {
      throw nothingToDo(
        `${titleOf(node)} is cordoned already, and no pod is left to evict.${stay(staying)}`,
      );
    }
    const warnings = [
      ...(staying.length === 0 ? [] : [stay(staying).trim()]),
      ...(startAnew.length === 0
        ? []
        : [`The run of ${namesOf(startAnew)} begins anew, and its Job counts a failed try.`]),
      ...budgetWarnings(evictable, live.list(BUDGETS)),
      ...(live.unread?.(BUDGETS) === true
        ? ['PodDisruptionBudgets could not be read; some may put evictions off.']
        : []),
    ];
    return [{ ...first, warnings }, ...rest];
  },
});

function stay(staying: readonly string[]): string {
  return staying.length === 0 ? '' : ` Pods that stay: ${staying.join(', ')}.`;
}

function commandLine(args: {
  readonly name: string;
  readonly delete_empty_dir_data: boolean;
  readonly grace_seconds?: number | undefined;
  readonly timeout_seconds: number;
}): string {
  return kubectl(
    'drain',
    args.name,
    '--ignore-daemonsets',
    ...(args.delete_empty_dir_data ? ['--delete-emptydir-data'] : []),
    ...(args.grace_seconds === undefined ? [] : [`--grace-period=${args.grace_seconds}`]),
    `--timeout=${args.timeout_seconds}s`,
  );
}
