import { PHASES } from '../../agents/machine.ts';
import { standingOf } from '../../agents/standing.ts';
import { nextOf, stepsFrom } from '../../agents/steps.ts';
import { StratusError } from '../../core/errors.ts';
import type { HypothesisRow, IncidentRow, PhaseRow } from '../../journal/incident-types.ts';
import type { TransactionView } from '../../transaction/types.ts';
import { compact } from '../render/manifest.ts';
import { shortText } from '../render/untrusted.ts';
import { short } from '../transaction/payload.ts';
import type { ObserveContext } from '../types.ts';

type Looking = Pick<ObserveContext, 'incidents' | 'transactions'>;

const time = (ms: number) => new Date(ms).toISOString();

/** One incident in a line of a list. */
export function incidentLine(row: IncidentRow) {
  return compact({
    incident: row.id,
    phase: row.phase,
    attempt: `${row.attempt} of ${row.attemptsAllowed}`,
    title: shortText(row.title, 160),
    opened_at: time(row.openedAt),
    closed_at: row.closedAt === null ? undefined : time(row.closedAt),
    severity_at_opening: row.severity ?? 'unknown',
  });
}

/** Where an incident stands and what may be done now: what each answer about one says. */
export function standingPayload({ incidents }: Pick<Looking, 'incidents'>, row: IncidentRow) {
  const standing = standingOf(incidents, row);
  const { role, task } = PHASES[row.phase];
  return {
    ...incidentLine(row),
    role,
    task,
    ...(standing.transaction === undefined ? {} : { transaction: standing.transaction }),
    allowed_next: stepsFrom(standing).map(({ to, call, missing }) =>
      missing.length === 0 ? { to, call } : { to, call, missing },
    ),
    next: nextOf(standing),
  };
}

/** One incident in full, as far as a reader takes it in. */
export function incidentDetail(looking: Looking, row: IncidentRow) {
  const { incidents } = looking;
  return {
    ...standingPayload(looking, row),
    namespaces: row.namespaces,
    ...(row.outcome === null ? {} : { outcome: shortText(row.outcome) }),
    ...short(
      row.own.map(({ object, reason, predicate }) => ({
        ...{ object: shortText(String(object)), predicate },
        reason: shortText(String(reason), 120),
      })),
      'own_violations',
    ),
    ...latest(incidents.hypotheses(row.id).map(hypothesisPayload), 'hypotheses'),
    ...latest(
      incidents.attempts(row.id).map((one) => ({
        attempt: one.attempt,
        transaction: one.transaction,
        ...cameTo(looking, one.transaction),
      })),
      'attempts',
    ),
    ...latest(incidents.history(row.id).map(movePayload), 'history'),
  };
}

const SHOWN = 12;

/** The last of a list that grows, with the number left out before them. */
function latest<T>(items: readonly T[], name: string): Record<string, unknown> {
  if (items.length === 0) return {};
  const left = items.length - SHOWN;
  return {
    [name]: items.slice(-SHOWN),
    ...(left > 0 ? { [`${name}_left_out`]: left } : {}),
  };
}

function hypothesisPayload({ attempt, at, cause, evidence }: HypothesisRow) {
  return {
    attempt,
    at: time(at),
    cause: shortText(cause),
    evidence: evidence.map((one) => shortText(one)),
  };
}

function movePayload({ from, to, attempt, at, actor, why, severity }: PhaseRow) {
  return compact({
    ...(from === null ? {} : { from }),
    ...{ to, attempt, at: time(at) },
    by: actor ?? 'transaction',
    why: shortText(why),
    severity: severity ?? undefined,
  });
}

/** What became of the transaction of an attempt: why it was taken back is what the next attempt has to know. */
function cameTo({ transactions }: Looking, id: string): Record<string, unknown> {
  const view = viewOf(transactions, id);
  if (view === undefined) return { state: 'pruned' };
  return compact({
    state: view.state,
    outcome: view.outcome === undefined ? undefined : shortText(view.outcome),
    severity_before: view.severityBefore,
    severity_after: view.severityAfter,
    changed: [...new Set(view.steps.map(({ kubectl }) => shortText(kubectl, 200)))].slice(0, 5),
  });
}

function viewOf(transactions: Looking['transactions'], id: string): TransactionView | undefined {
  try {
    return transactions.view(id);
  } catch (error) {
    if (error instanceof StratusError && error.code === 'transaction_not_found') return undefined;
    throw error;
  }
}
