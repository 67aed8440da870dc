import type { AuditFilter } from './types.ts';

/** What a query may ask for, besides paging. */
export interface AuditCondition extends Omit<AuditFilter, 'limit' | 'before'> {
  /** Leave out the start row of each call that has its outcome row: one row per call. */
  readonly fold?: boolean;
}

const OBJECT_NAME = `substr(object, instr(object, '/') + 1)`;

/** The WHERE clause of a filter, with its parameters. Every column in it has an index. */
export function whereOf(filter: AuditCondition): { where: string; parameters: unknown[] } {
  const terms: string[] = [];
  const parameters: unknown[] = [];
  const add = (term: string, ...values: unknown[]) => {
    terms.push(term);
    parameters.push(...values);
  };
  if (filter.since !== undefined) add('at >= ?', filter.since);
  if (filter.until !== undefined) add('at < ?', filter.until);
  if (filter.tool !== undefined) add('tool = ?', filter.tool);
  if (filter.namespace !== undefined) add('namespace = ?', filter.namespace);
  if (filter.transaction !== undefined) add('txn = ?', filter.transaction);
  if (filter.decision !== undefined) add('decision = ?', filter.decision);
  if (filter.outcome !== undefined) add('outcome = ?', filter.outcome);
  if (filter.object !== undefined) {
    // `Deployment/catalog`, or the bare name of any kind.
    const column = filter.object.includes('/') ? 'object' : OBJECT_NAME;
    add(`object IS NOT NULL AND ${column} = ? COLLATE NOCASE`, filter.object);
  }
  if (filter.actor !== undefined) {
    // A client is `name version`; the name alone finds every version of it.
    const { actor } = filter;
    add(
      '(client = ? OR (client >= ? AND client < ?) OR principal = ? OR session = ?)',
      ...[actor, `${actor} `, `${actor}!`, actor, actor],
    );
  }
  if (filter.kinds !== undefined) {
    add(`kind IN (${filter.kinds.map(() => '?').join(', ')})`, ...filter.kinds);
  }
  if (filter.fold) {
    add(`NOT (kind = 'call' AND EXISTS (
      SELECT 1 FROM audit AS ended WHERE ended.call = audit.call AND ended.kind = 'outcome'))`);
  }
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, parameters };
}
