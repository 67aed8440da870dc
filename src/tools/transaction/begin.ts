import { z } from 'zod';
import { requireMitigation } from '../../agents/enforce.ts';
import type { ResourceCatalogue } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import type { ObjectRef } from '../../core/kube.ts';
import { incidentArgument } from '../incident/arguments.ts';
import { namespaceExists } from '../observe/target.ts';
import { type ControlContext, defineControlTool } from '../types.ts';
import { reasonArgument } from './arguments.ts';
import { budgetPayload, budgetSentence, severities } from './payload.ts';

const NAME = 'transaction_begin';

export const transactionBegin = defineControlTool({
  name: NAME,
  title: 'Begin a transaction',
  effect: 'transaction',
  description:
    'Use before changing anything: opens a transaction, measures how bad things are now in its namespaces, and answers the handle that mitigate_* calls need. Measuring takes as long as the policy wants severity to hold still, 30 s by default. One transaction has the write lock at a time; it is bounded in commands, minutes and objects, and past its deadline it is undone.',
  input: z.strictObject({
    reason: reasonArgument,
    incident: incidentArgument.optional(),
    namespaces: z
      .array(z.string().min(1))
      .min(1)
      .describe('Namespaces you will work in; severity is measured there. "*": the whole cluster.'),
    declared_reductions: z
      .array(
        z.strictObject({
          object: z.string().describe('Kind/namespace/name, or Kind/name without a namespace.'),
          reason: z.string().min(1),
        }),
      )
      .optional()
      .describe('Objects a person asked to scale down or remove; all others must keep serving.'),
  }),
  output: z.looseObject({
    summary: z.string(),
    transaction: z.string(),
    next: z.string(),
  }),
  run: async (args, context) => {
    requireMitigation(context.policy, context.incidents, args.incident);
    for (const namespace of args.namespaces) await assertNamespace(context, namespace);
    const declared = args.declared_reductions ?? [];
    const resources = declared.length === 0 ? undefined : await context.reader.resources();
    const view = await context.engine.begin(
      {
        reason: args.reason,
        namespaces: [...new Set(args.namespaces)],
        ...(args.incident === undefined ? {} : { incident: args.incident }),
        ...(resources === undefined
          ? {}
          : {
              declaredReductions: declared.map((item) => ({
                object: parseObject(item.object, resources),
                reason: item.reason,
              })),
            }),
      },
      context.caller,
    );
    const lease = await context.engine.lease({ timeoutMs: 1 }).catch(() => undefined);
    const severity = view.severityBefore === undefined ? 'unknown' : view.severityBefore;
    return {
      summary:
        `${view.id} is open in ${args.namespaces.includes('*') ? 'all namespaces' : args.namespaces.join(', ')}. Severity now: ${severity}. ${
          view.budget === undefined ? '' : budgetSentence(view.budget)
        }`.trim(),
      transaction: view.id,
      ...(args.incident === undefined ? {} : { incident: args.incident }),
      ...(lease === undefined
        ? { note: 'There is no Lease: writers on other machines are not kept out.' }
        : {}),
      ...severities(view),
      deadline_at: new Date(view.deadlineAt).toISOString(),
      ...(view.budget === undefined ? {} : { budget: budgetPayload(view.budget) }),
      next: `Make one change with a mitigate_* tool and transaction "${view.id}", then transaction_commit; transaction_abort gives up.`,
    };
  },
});

/** A mistyped namespace measures as healthy, and nothing in it can be changed. */
async function assertNamespace(context: ControlContext, namespace: string): Promise<void> {
  if (namespace === '*' || (await namespaceExists(context, NAME, namespace)) !== false) return;
  throw new StratusError('not_found', `Namespace ${namespace} doesn't exist.`, {
    next: 'observe_list {"kind":"Namespace"} shows the namespaces.',
  });
}

function parseObject(words: string, resources: ResourceCatalogue): ObjectRef {
  const parts = words.split('/');
  const [kind = '', second = '', third] = parts;
  const resource = resources.resolve(kind);
  const name = resource.namespaced ? third : second;
  if (parts.length !== (resource.namespaced ? 3 : 2) || !name || !second) {
    throw new StratusError(
      'invalid_arguments',
      `"${words}" names no ${resource.kind}: say ${resource.kind}/${resource.namespaced ? 'namespace/' : ''}name.`,
    );
  }
  return {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    ...(resource.namespaced ? { namespace: second } : {}),
    name,
  };
}
