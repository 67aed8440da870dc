import { objectOf, stringOf } from '../../core/json.ts';
import type { AuditRow, IncidentStore } from '../../journal/types.ts';

/** The incident that a row of the audit log is about: by its own word, its call's, or its transaction. */
export function incidentOfRow(
  { detail, transaction }: Pick<AuditRow, 'detail' | 'transaction'>,
  incidents: Pick<IncidentStore, 'ofTransaction'>,
): string | undefined {
  const said = stringOf(detail.incident) ?? stringOf(objectOf(detail.args).incident);
  if (said !== undefined || transaction === null) return said;
  return incidents.ofTransaction(transaction)?.incident;
}
