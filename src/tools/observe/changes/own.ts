import type { ObserveContext } from '../../types.ts';
import { permit } from '../access.ts';
import type { Change } from './types.ts';

// managedFields has whole seconds, and the journal notes the outcome a moment after.
const BEFORE_MS = 2_000;
const AFTER_MS = 60_000;

/** The transaction of this journal that wrote it; undefined for another server's write, or a name that was borrowed. */
export function ownTransaction(context: ObserveContext, change: Change): string | undefined {
  const [kind = '', path = ''] = change.object.split(' ');
  const slash = path.indexOf('/');
  const namespace = slash < 0 ? undefined : path.slice(0, slash);
  try {
    permit(context, { tool: 'audit_query', namespace });
  } catch {
    return undefined;
  }
  const { rows } = context.audit.query({
    kinds: ['step'],
    object: `${kind}/${path.slice(slash + 1)}`,
    ...(namespace === undefined ? {} : { namespace }),
    since: change.at - BEFORE_MS,
    until: change.at + AFTER_MS,
    limit: 1,
  });
  return rows[0]?.transaction ?? undefined;
}
