import { fenceUntrusted, shortText } from '../../core/untrusted.ts';
import type { HypothesisRow } from '../../journal/incident-types.ts';
import {
  type KnownAttempt,
  type KnownIncident,
  wasJudged,
  wasTakenBack,
} from '../known-incident.ts';
import type { PromptFacts } from '../prompt.ts';

/** What is embedded at most; the rest is counted, and incident_status has it. */
const VIOLATIONS = 10;
const HYPOTHESES = 6;
const EVIDENCE = 5;
const ATTEMPTS = 5;
const CHANGES = 6;
const FINDINGS = 5;

/** What the journal knows of the incident, fenced: titles, hypotheses and violations repeat text of the cluster. */
export function knowledgeOf({ known, fence }: PromptFacts): string {
  if (known === undefined) return '';
  const { row } = known;
  const lines = [
    `${row.id}: ${shortText(row.title, 500)}`,
    `opened ${new Date(row.openedAt).toISOString()}, severity then ${row.severity ?? 'not measurable as a whole'}`,
    ...section('What fired at the opening', firedOf(known)),
    ...section('Suspected causes so far', limited(known.hypotheses, HYPOTHESES, hypothesisOf)),
    ...section('Tried so far', limited(known.attempts, ATTEMPTS, attemptOf)),
  ];
  const { phase, attempt, attemptsAllowed } = row;
  return `\nWhat is known: ${row.id} is in ${phase}, attempt ${attempt} of ${attemptsAllowed}.\n${fenceUntrusted(lines.join('\n'), fence)}\n${lessonOf(known)}`;
}

/**
 * What a retry has to do differently, in our words. What nobody measured (its process died, it was given up) says
 * nothing about the cause that was suspected.
 */
function lessonOf({ row, attempts }: KnownIncident): string {
  const past = attempts.filter(({ attempt }) => attempt < row.attempt);
  const back = past.filter(wasTakenBack);
  const judged = back.filter(wasJudged);
  const unjudged = back.filter((one) => !wasJudged(one));
  const kept = past.filter(({ state }) => state === 'COMMITTED');
  const names = (list: readonly KnownAttempt[]) =>
    `${list.map(({ transaction }) => transaction).join(', ')} ${list.length > 1 ? 'were' : 'was'}`;
  return [
    judged.length > 0 &&
      `${names(judged)} taken back: see under "Tried so far" what was changed and what was measured. That is evidence against the cause that was suspected then. Do not make the same change again: suspect another cause, or change another field.`,
    unjudged.length > 0 &&
      `${names(unjudged)} taken back before it was measured: its outcome tells why. That says nothing about the cause; the same change may be made again.`,
    kept.length > 0 &&
      `${names(kept)} kept, and something still fires: there is another cause beside the one that was removed.`,
  ]
    .filter(Boolean)
    .map((line) => `${line}\n`)
    .join('');
}

function firedOf({ row }: KnownIncident): string[] {
  if (row.own.length === 0) return ['nothing that severity measures: only the words above tell it'];
  return limited(row.own, VIOLATIONS, ({ object, reason, predicate, message }) =>
    shortText(`${object}: ${predicate}, ${reason}${message ? ` (${message})` : ''}`, 260),
  );
}

function hypothesisOf({ attempt, cause, evidence }: HypothesisRow): string {
  const shown = evidence.slice(0, EVIDENCE).map((one) => shortText(one, 200));
  const more = evidence.length - shown.length;
  const told = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  return `in attempt ${attempt}: ${shortText(cause, 300)} [evidence: ${told}]`;
}

function attemptOf(one: KnownAttempt): string {
  const { attempt, transaction, state, outcome, changed, before, after, afterUndo } = one;
  if (state === undefined) return `attempt ${attempt}, ${transaction}: no longer in the journal`;
  const numbers = [
    before !== undefined && `before ${before}`,
    after !== undefined && `with the change ${after}`,
    afterUndo !== undefined && `after it was taken back ${afterUndo}`,
  ].filter(Boolean);
  const found = one.measured.slice(0, FINDINGS).map((finding) => shortText(finding, 260));
  return [
    `attempt ${attempt}, ${transaction}, ${state}`,
    ...limited(changed, CHANGES, (line) => shortText(line, 240)).map((it) => `changed: ${it}`),
    ...(numbers.length > 0 ? [`severity: ${numbers.join(', ')}`] : []),
    ...found.map((finding) => `the gate measured: ${finding}`),
    ...(outcome === undefined ? [] : [`outcome: ${shortText(outcome, 400)}`]),
  ].join('\n    ');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  - ${line}`)];
}

/** The last of a list that grows. */
function limited<T>(items: readonly T[], most: number, show: (item: T) => string): string[] {
  const left = items.length - most;
  const shown = items.slice(-most).map(show);
  return left > 0 ? [`${left} not shown; incident_status has them`, ...shown] : shown;
}
