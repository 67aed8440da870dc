import type { ResourceInfo } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { describeRef } from '../../core/kube.ts';
import type { ReadQuestion } from '../../policy/types.ts';
import type { ObserveContext } from '../types.ts';

/** One read that a tool is about to make. */
export interface Access {
  readonly tool: string;
  /** Absent: the tool's own question, not about one kind (the health overview, the audit log). */
  readonly resource?: ResourceInfo;
  /** Absent: all namespaces, or a cluster-scoped resource. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * Asks the policy before anything is read.
 * @throws StratusError policy_refused (or needs_approval) with the rule that said so.
 */
export function permit(context: Pick<ObserveContext, 'policy'>, access: Access): void {
  const { tool, resource, namespace, name } = access;
  const question: ReadQuestion = {
    tool,
    ...(resource
      ? { group: resource.group, kind: resource.kind, namespaced: resource.namespaced }
      : {}),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  const decision = context.policy.decideRead(question);
  if (decision.effect === 'allow') return;
  const code = decision.effect === 'ask' ? 'needs_approval' : 'policy_refused';
  throw new StratusError(
    code,
    `The policy does not allow reading ${subject(access)}: ${decision.reason}`,
    { rule: decision.rule },
  );
}

function subject({ tool, resource, namespace, name }: Access): string {
  if (!resource) return namespace ? `with ${tool} in namespace ${namespace}` : `with ${tool}`;
  if (name !== undefined) return describeRef({ kind: resource.kind, namespace, name });
  if (!resource.namespaced) return resource.plural;
  return namespace
    ? `${resource.plural} in namespace ${namespace}`
    : `${resource.plural} in all namespaces`;
}

/** What a side look found, or why there was nothing to see. */
export type SideLook<T> = { readonly seen: T } | { readonly unseen: string };

/**
 * A look at something that helps but isn't what was asked for: what the policy or the cluster
 * refuses becomes a reason to state, not an error. Cancellation still ends the call.
 */
export async function lookAside<T>(read: () => Promise<T>): Promise<SideLook<T>> {
  try {
    return { seen: await read() };
  } catch (error) {
    if (!(error instanceof StratusError) || error.code === 'cancelled') throw error;
    return { unseen: error.message };
  }
}
