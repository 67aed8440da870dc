import {
  arrayOf,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import { chart, type Mark, type Point } from './chart.ts';
import { type Html, html } from './html.ts';
import { clock, table, violationText } from './parts.ts';
import type { Report, ReportedTransaction } from './types.ts';

/** Severity over time against where it began. */
export function severitySection(report: Report): Html {
  const points = pointsOf(report);
  const baseline = baselineOf(report);
  const marks = marksOf(report.transactions);
  const drawn = chart(points, baseline, marks);
  const picture =
    drawn === undefined
      ? html`<p>Nothing was measured.</p>`
      : html`<figure>${drawn}
<figcaption>Each dot is a measurement, 0 means nothing is wrong, a question mark that it could not be told; dashes are the baseline that the gate compares with.</figcaption></figure>
<ul class="marks">${marks.map(({ at, mark, text }) => html`<li><strong>${mark}</strong> ${clock(at)} ${text}</li>\n`)}</ul>`;
  return html`<section aria-labelledby="severity">
<h2 id="severity">Severity over time</h2>
${picture}
${report.transactions.map(measurements)}
</section>`;
}

function measurements({ row }: ReportedTransaction): Html | undefined {
  const { before, after, afterUndo } = row;
  const cells = (
    [
      ['at begin (baseline)', before],
      ['at the verdict', after],
      ['after the undo', afterUndo],
    ] as const
  ).flatMap(([when, measured]) => (measured === null ? [] : [measurement(when, measured)]));
  if (cells.length === 0) return undefined;
  return table(`What was measured for ${row.id}`, ['when', 'severity', 'what is wrong'], cells);
}

function measurement(when: string, measured: JsonObject): readonly (Html | string)[] {
  const wrong = objectsOf(measured.violations).map((each) => html`<li>${violationText(each)}</li>`);
  const hidden = arrayOf(measured.unknowns).map((each) => {
    const { what, reason } = objectOf(each);
    return html`<li>not observed: ${stringOf(what) ?? ''}, ${stringOf(reason) ?? ''}</li>`;
  });
  const list = [...wrong, ...hidden];
  const severity = severityOf(measured);
  return [
    when,
    severity === undefined ? 'unknown' : String(severity),
    list.length === 0 ? 'nothing' : html`<ul>${list}</ul>`,
  ];
}

/** Severity of a journaled measurement; undefined where something could not be observed. */
export function severityOf(measured: JsonObject | null): number | undefined {
  if (measured === null || arrayOf(measured.unknowns).length > 0) return undefined;
  return numberOf(measured.severity);
}

function baselineOf({ incident, transactions }: Report): number | undefined {
  if (incident !== undefined) return incident.row.severity ?? undefined;
  return severityOf(transactions[0]?.row.before ?? null);
}

function pointsOf({ incident, transactions }: Report): Point[] {
  const moves = (incident?.history ?? []).flatMap(({ at, severity, from }) =>
    severity === null && from !== null ? [] : [{ at, value: severity ?? undefined }],
  );
  const samples = transactions.flatMap((each) =>
    each.samples.map(({ at, severity, unknowns }) => ({
      at,
      value: unknowns.length === 0 ? severity : undefined,
    })),
  );
  return [...moves, ...samples].sort((a, b) => a.at - b.at);
}

function marksOf(transactions: readonly ReportedTransaction[]): Mark[] {
  const many = transactions.length > 1;
  const marks = transactions.flatMap(({ row, rows }) => {
    const events: { at: number; text: string }[] = [];
    for (const { kind, at, detail, transaction } of rows) {
      if (transaction !== row.id) continue;
      const to = stringOf(detail.to);
      if (kind === 'transaction' && to !== undefined && to !== 'FINALIZING') {
        events.push({ at, text: `${row.id} ${to}` });
      }
      if (kind === 'step' && to === 'INTENT') {
        const command = numberOf(detail.command) ?? '?';
        events.push({ at, text: `${many ? `${row.id} ` : ''}command ${command}` });
      }
    }
    return events;
  });
  return marks
    .sort((a, b) => a.at - b.at)
    .filter(({ text }, i, all) => text !== all[i - 1]?.text)
    .map((event, i) => ({ ...event, mark: String(i + 1) }));
}
