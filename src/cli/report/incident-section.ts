import { type Html, html } from './html.ts';
import { badge, bullets, clock, facts, moment, table, violations } from './parts.ts';
import type { Report, ReportedIncident } from './types.ts';

/** What was wrong, how it ended, the phases and the suspected causes. */
export function incidentSection({ row, history, hypotheses, attempts }: ReportedIncident): Html {
  const tone = row.phase === 'resolved' ? 'good' : row.phase === 'escalated' ? 'bad' : 'open';
  const { namespaces, closedAt } = row;
  const fired = violations([...row.own]);
  return html`<section aria-labelledby="incident">
<h2 id="incident">Incident ${row.id}</h2>
<p>${badge(tone, row.phase)} ${row.outcome ?? ''}</p>
${facts([
  ['What is wrong', row.title],
  ['Opened by', row.actor],
  ['Cluster', row.cluster],
  ['Where', namespaces === 'all' ? 'the whole cluster' : `namespaces ${namespaces.join(', ')}`],
  ['Opened', moment(row.openedAt)],
  ['Closed', closedAt === null ? 'not closed' : moment(closedAt)],
  ['Attempts', `${row.attempt} of ${row.attemptsAllowed}`],
  ['Severity at the opening', row.severity === null ? 'unknown' : String(row.severity)],
])}
${fired && html`<h3>What fired at the opening</h3>\n${fired}`}
<h3>Phases</h3>
${table(
  'Phases (UTC)',
  ['when', 'phase', 'why'],
  history.map(({ at, from, to, attempt, actor, why }) => [
    clock(at),
    `${from === null ? '' : `${from} → `}${to} (attempt ${attempt})`,
    html`${why} ${actor === null ? undefined : html`<span class="more">by ${actor}</span>`}`,
  ]),
)}
<h3>Hypotheses</h3>
${hypotheses.length === 0 ? html`<p>None was recorded.</p>` : undefined}
${hypotheses.map(
  ({ attempt, cause, evidence, actor, at }) => html`<article>
<h4>Attempt ${attempt}: ${cause}</h4>
${bullets([...evidence])}
<p class="more">${clock(at)} by ${actor}</p>
</article>
`,
)}
<h3>Attempts</h3>
${attempts.length === 0 ? html`<p>No transaction was opened.</p>` : bullets(attempts.map(({ attempt, transaction }) => `Attempt ${attempt}: ${transaction}`))}
</section>`;
}

/** Transactions of the incident that the journal no longer has. */
export function prunedNote({ incident, transactions }: Report): Html | undefined {
  const kept = new Set(transactions.map(({ row }) => row.id));
  const gone = (incident?.attempts ?? []).filter(({ transaction }) => !kept.has(transaction));
  if (gone.length === 0) return undefined;
  return html`<p>Pruned from the journal, and so not told here: ${gone.map(({ transaction }) => transaction).join(', ')}.</p>`;
}
