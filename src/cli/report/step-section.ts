import { isObject, type Json, stringifyJson, stringOf } from '../../core/json.ts';
import { describeRef } from '../../core/kube.ts';
import type { StepRow } from '../../journal/types.ts';
import { type Html, html } from './html.ts';
import { badge, bullets, facts, sentence, table } from './parts.ts';
import type { ReportedStep, StepDiff } from './types.ts';
import { CLASS_WORDS, STEP_WORDS } from './words.ts';

/** One write: the command behind it, its diff, and what became of its undo. */
export function stepSection({ step, diff }: ReportedStep): Html {
  const { kind, name, namespace } = step;
  const object = describeRef({ kind, name, namespace: namespace ?? undefined });
  const [tone, meaning] = STEP_WORDS[step.state];
  return html`<article>
<h4>${step.seq}. ${step.verb} ${object}</h4>
<p>${badge(tone, step.state)} ${meaning}</p>
${facts([
  ['Command', html`${step.command}, by ${step.tool}`],
  ['As kubectl', html`<code>${step.kubectl}</code>`],
  ['Undo class', CLASS_WORDS[step.class]],
  ['API server', step.httpStatus === null ? 'no answer was noted' : `HTTP ${step.httpStatus}`],
  ['Put off until the commit', step.deferred ?? undefined],
  ['Rehearsal of the undo', step.rehearsal ?? undefined],
  ['Undo', undoOf(step)],
  ['Error', step.error ?? undefined],
  ['Audit-ID', html`<code>${step.intentId}</code>`],
])}
${diffOf(object, diff)}
${left(step)}
</article>
`;
}

function undoOf({ state, residual }: StepRow): string | undefined {
  switch (state) {
    case 'UNDONE':
      return residual.length === 0
        ? 'verified: nothing is left different'
        : `verified: all but what is listed below (${residual.length})`;
    case 'UNDO_INTENT':
    case 'UNDO_APPLIED':
      return 'begun, not verified yet';
    case 'UNDO_CONFLICT':
      return 'stopped at a conflict';
    case 'UNDO_IMPOSSIBLE':
      return 'not possible';
    default:
      return undefined;
  }
}

function diffOf(object: string, diff: StepDiff): Html {
  if (diff.kind === 'none') return html`<p>No diff: ${diff.why}</p>`;
  const note = diff.predicted
    ? html`<p>No answer of the API server was seen; this is what its dry run had foretold.</p>`
    : undefined;
  // The first lines name the two sides, as the heading does.
  const lines = diff.text
    .split('\n')
    .filter((line) => !/^(---|\+\+\+) .* \((before|after)\)/.test(line));
  if (lines.join('').trim() === '') return html`${note}<p>No field differs.</p>`;
  return html`${note}<pre class="diff" role="group" aria-label="${`Diff of ${object}`}">${lines.map(diffLine)}</pre>`;
}

function diffLine(line: string): Html {
  if (line.startsWith('+')) return html`<ins>${line}\n</ins>`;
  if (line.startsWith('-')) return html`<del>${line}\n</del>`;
  if (line.startsWith('@@')) return html`<span class="hunk">${line}\n</span>`;
  return html`<span>${line}\n</span>`;
}

function left({ residual, conflicts }: StepRow): Html | undefined {
  const rows = conflicts.map(conflictRow).filter((row) => row !== undefined);
  const sentences = conflicts.filter((each) => conflictRow(each) === undefined).map(sentence);
  const listed = bullets(sentences);
  const stayed = bullets(residual.map(sentence));
  if (listed === undefined && stayed === undefined && rows.length === 0) return undefined;
  const columns = ['field', 'before', 'ours', 'now', 'whose'];
  return html`${rows.length === 0 ? undefined : table('Conflicts: changed by others since', columns, rows)}
${listed && html`<h5>Conflicts</h5>\n${listed}`}
${stayed && html`<h5>Left different by the undo</h5>\n${stayed}`}`;
}

function conflictRow(conflict: Json): readonly string[] | undefined {
  if (!isObject(conflict)) return undefined;
  const path = stringOf(conflict.path);
  if (path === undefined) return undefined;
  const { before, ours, now, owner } = conflict;
  return [path, ...[before, ours, now, owner].map(shown)];
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : stringifyJson(value);
}
