import type { ListQuery } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import type { KubeObject } from '../../../core/kube.ts';
import type { ObserveContext } from '../../types.ts';
import { permit } from '../access.ts';

export const NAME = 'observe_capacity';

const HIDDEN: readonly string[] = ['forbidden', 'policy_refused', 'needs_approval'];

/** What was seen, or why it is hidden. */
export type Look =
  | { readonly seen: KubeObject[] }
  | { readonly unseen: string; readonly refusal: StratusError };

/**
 * All objects of a kind, or why this identity or the policy hides them.
 * @throws StratusError for anything else: a cluster that doesn't answer is not one that is empty.
 */
export async function look(
  context: ObserveContext,
  kind: { readonly apiVersion: string; readonly kind: string },
  query: Omit<ListQuery, 'resource'> = {},
): Promise<Look> {
  const { reader, signal } = context;
  const resource = (await reader.resources({ signal })).resolveKind(kind.apiVersion, kind.kind);
  try {
    permit(context, { tool: NAME, resource, namespace: query.namespace });
    const { items } = await reader.listAll({ resource, ...query }, { signal });
    return { seen: items as KubeObject[] };
  } catch (error) {
    if (!(error instanceof StratusError) || !HIDDEN.includes(error.code)) throw error;
    return { unseen: error.message, refusal: error };
  }
}

/** Pods that take room; the API server leaves out those that ended. */
export const LIVE_PODS = 'status.phase!=Succeeded,status.phase!=Failed';
