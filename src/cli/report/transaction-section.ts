import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringifyJson,
  stringOf,
} from '../../core/json.ts';
import type { TransactionRow } from '../../journal/types.ts';
import { type Html, html } from './html.ts';
import { badge, facts, moment, reductionText, table, violations } from './parts.ts';
import { stepSection } from './step-section.ts';
import type { ReportedTransaction } from './types.ts';
import { counted, duration, TRANSACTION_WORDS } from './words.ts';

/** One transaction: why, where, what was changed, the verdict. */
export function transactionSection({ row, steps, attempt }: ReportedTransaction): Html {
  const [tone, meaning] = TRANSACTION_WORDS[row.state];
  const { openedAt, closedAt } = row;
  const took = closedAt === null ? '' : `, ${duration(closedAt - openedAt)}`;
  const commands = new Set(steps.map(({ step }) => step.command)).size;
  return html`<section aria-labelledby="${row.id}">
<h2 id="${row.id}">Transaction ${row.id}</h2>
<p>${badge(tone, row.state)} ${meaning}</p>
${facts([
  ['Why', row.reason],
  ['Outcome', row.outcome ?? undefined],
  ['Incident', attempt && `${attempt.incident}, attempt ${attempt.attempt}`],
  ['Who', row.actor],
  ['Cluster', row.cluster],
  ['Where', scopeOf(row.scope)],
  ['Opened', moment(openedAt)],
  ['Deadline', moment(row.deadlineAt)],
  ['Closed', closedAt === null ? 'not closed' : html`${moment(closedAt)}${took}`],
  ['Bounds', boundsOf(row.bounds)],
  ['Declared reductions', row.declaredReductions.map(reductionText).join('; ')],
  ['Policy', html`<code>${row.policyDigest}</code>`],
])}
<h3>The gate’s verdict</h3>
${verdictOf(row)}
<h3>Changes</h3>
<p>${steps.length === 0 ? 'Nothing was written.' : `${counted(commands, 'command')}, ${counted(steps.length, 'write')}. Each diff is the object before against the object after, without what the server numbers by itself; secrets are masked.`}</p>
${steps.map(stepSection)}
</section>`;
}

const RULES: Readonly<Record<string, string>> = {
  G1: 'nothing new and critical',
  G2: 'severity not higher',
  G3: 'nothing that served is gone',
  G4: 'evidence complete and settled',
  G5: 'nobody fights over what was written',
};

function verdictOf({ verdict, state }: TransactionRow): Html {
  if (verdict === null) {
    const ended = state === 'OPEN' || state === 'SETTLING' ? 'not yet' : 'never: it ended before';
    return html`<p>The gate has not measured: ${ended}.</p>`;
  }
  const passed = verdict.pass === true;
  const rows = objectsOf(verdict.findings).map(({ rule, ok, message }) => {
    const name = stringOf(rule) ?? '';
    const meaning = Object.hasOwn(RULES, name) ? `: ${RULES[name]}` : '';
    return [
      `${name}${meaning}`,
      ok === true ? badge('good', 'holds') : badge('bad', 'broken'),
      stringOf(message) ?? '',
    ];
  });
  const appeared = violations(verdict.appeared);
  const disappeared = violations(verdict.disappeared);
  return html`<p>${passed ? badge('good', 'passed') : badge('bad', 'refused')} ${stringOf(verdict.summary) ?? ''}</p>
${rows.length === 0 ? undefined : table('What the gate looked at', ['rule', 'holds', 'finding'], rows)}
${appeared && html`<h4>New since the begin</h4>\n${appeared}`}
${disappeared && html`<h4>Gone since the begin</h4>\n${disappeared}`}`;
}

function scopeOf(scope: JsonObject): string {
  if (scope.namespaces === 'all') return 'the whole cluster';
  const names = arrayOf(scope.namespaces).filter((name) => typeof name === 'string');
  return names.length === 0 ? 'no namespace' : `namespaces ${names.join(', ')}`;
}

function boundsOf(bounds: JsonObject): string {
  const text = (value: Json) => (isObject(value) ? stringifyJson(objectOf(value)) : String(value));
  return Object.entries(bounds)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${text(value)}`]))
    .join(', ');
}
