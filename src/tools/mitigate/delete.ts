import { z } from 'zod';
import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Live } from '../../transaction/types.ts';
import { defineMitigateTool } from '../types.ts';
import {
  commonArguments,
  intendedReduction,
  kindArgument,
  nameArgument,
  optionalNamespace,
  REDUCTION,
} from './arguments.ts';
import { podsOfJobs } from './job-pods.ts';
import { kubectl, kubectlName, namespaceFlag } from './kubectl.ts';
import { isTerminating, nothingToDo, readTarget, refOfLive, targetOf, titleOf } from './target.ts';

const JOBS = 'jobs';
/** As people type it; whoever finds another word for a pod can't have its Job looked up. */
const POD = /^(v1 )?po(ds?)?(\.|$)/i;

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
  reads: (args) => {
    const { kind, namespace } = args;
    const where = namespace === undefined ? {} : { namespace };
    const jobs = { as: JOBS, list: { resource: 'jobs.batch', ...where, optional: true as const } };
    return POD.test(kind) ? [readTarget(args), jobs] : [readTarget(args)];
  },
  plan: (args, live) => {
    const target = targetOf(args, live);
    if (isTerminating(target.object)) {
      throw nothingToDo(`${titleOf(target)} is being deleted already.`);
    }
    refuseLastTry(target, POD.test(args.kind) ? live : undefined);
    const object = refOfLive(target);
    const undeclared = serves(target.object) && !args.intended_reduction;
    return [
      {
        verb: 'delete',
        object,
        summary: 'delete',
        ...(undeclared ? { warnings: [REDUCTION] } : {}),
        kubectl: kubectl('delete', kubectlName(object), namespaceFlag(object)),
      },
    ];
  },
});

/** What the gate counts: it notices when one of these is gone. */
const SERVING: readonly string[] = [
  ...['Deployment', 'StatefulSet', 'ReplicaSet', 'DaemonSet', 'CronJob', 'Job'],
  ...['Service', 'Ingress', 'PersistentVolumeClaim'],
];

function serves({ kind, metadata: { ownerReferences } }: KubeObject): boolean {
  return SERVING.includes(kind) && !Array.isArray(ownerReferences);
}

/** @throws StratusError irreversible for the pod of a Job that would fail for good without it */
function refuseLastTry(target: LiveObject, live: Live | undefined): void {
  const { kind, group } = target.key.resource;
  const phase = at(target.object, 'status', 'phase');
  if (kind !== 'Pod' || group !== '' || phase === 'Succeeded' || phase === 'Failed') return;
  const jobs = live === undefined || live.unread?.(JOBS) ? undefined : live.list(JOBS);
  if (podsOfJobs([target], jobs).last.length === 0) return;
  throw new StratusError(
    'irreversible',
    jobs === undefined
      ? `Whether the Job of ${titleOf(target)} has another try left could not be read.`
      : `A deleted pod counts as a failed try, and the Job of ${titleOf(target)} has none left: it would fail for good.`,
    {
      rule: 'A2 faithful undo',
      next: 'Let it end, or ask the person who runs the Job.',
    },
  );
}
