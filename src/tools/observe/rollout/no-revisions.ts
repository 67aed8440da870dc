import { StratusError } from '../../../core/errors.ts';
import type { ObserveContext } from '../../types.ts';
import { lastTransaction, type ObjectName } from '../changes/own.ts';
import { call } from '../next-step.ts';

/**
 * What is told of a kind without revisions: only our own journal may know what the object was before.
 */
export function withoutRevisions(
  context: ObserveContext,
  { kind, namespace, name }: ObjectName,
): StratusError {
  const article = /^[AEIOU]/.test(kind) ? 'An' : 'A';
  const message = `${article} ${kind} has no rollouts, and Kubernetes keeps no revisions of it.`;
  const own = lastTransaction(context, { kind, namespace, name });
  const place = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
  const next =
    own === undefined
      ? `${call('observe_changes', place)} tells who wrote it lately. Rollouts have Deployments, StatefulSets and DaemonSets; observe_related shows which one owns an object.`
      : `${own} wrote it last through this server, and the journal keeps what it was before: ${call('audit_query', { transaction: own })} tells what was changed, and undo_transaction brings back what was.`;
  return new StratusError('invalid_arguments', message, { next });
}
