import type { ObserveContext } from '../../types.ts';
import type { Change } from './types.ts';

/** An object by its name; without a namespace where it has none. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

// managedFields has whole seconds, and the journal notes the outcome a moment after.
const BEFORE_MS = 2_000;
const AFTER_MS = 60_000;

/** The transaction of this journal that wrote it; undefined for another server's write, or a name that was borrowed. */
export function ownTransaction(context: ObserveContext, change: Change): string | undefined {
  const [kind = '', path = ''] = change.object.split(' ');
  const slash = path.indexOf('/');
  const namespace = slash < 0 ? undefined : path.slice(0, slash);
  const name = path.slice(slash + 1);
  const time = { since: change.at - BEFORE_MS, until: change.at + AFTER_MS };
  return lastTransaction(context, { kind, namespace, name }, time);
}

/** The newest transaction of this journal that wrote the object. Only for who may read the audit log. */
export function lastTransaction(
  context: Pick<ObserveContext, 'policy' | 'audit'>,
  { kind, namespace, name }: ObjectName,
  time: { since?: number; until?: number } = {},
): string | undefined {
  const question = { tool: 'audit_query', ...(namespace === undefined ? {} : { namespace }) };
  if (context.policy.decideRead(question).effect !== 'allow') return undefined;
  const { rows } = context.audit.query({
    kinds: ['step'],
    object: `${kind}/${name}`,
    ...(namespace === undefined ? {} : { namespace }),
    ...time,
    limit: 1,
  });
  return rows[0]?.transaction ?? undefined;
}
