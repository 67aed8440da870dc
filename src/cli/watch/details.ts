import { stringOf } from '../../core/json.ts';
import type { IncidentRow } from '../../journal/incident-types.ts';
import type { JournalReader } from '../../journal/open.ts';
import { storyOf } from '../audit-story.ts';
import { jsonText } from '../audit-text.ts';
import { momentOf } from '../time-option.ts';
import type { SeenCall } from './calls.ts';
import type { WatchState } from './state.ts';

/** All about a row of the list but approvals, whose plan is sealed; undefined when it is gone. */
export function detailsOf(
  key: string,
  reader: JournalReader,
  state: WatchState,
): string | undefined {
  if (key.startsWith('txn-')) return storyOf(reader, key);
  if (key.startsWith('inc-')) {
    const row = reader.incidents.get(key);
    return row && incidentText(row, reader);
  }
  const call = state.calls.find((one) => `call ${one.call}` === key);
  return call && callText(call);
}

function incidentText(row: IncidentRow, { incidents }: JournalReader): string {
  const { id, namespaces } = row;
  const hypotheses = incidents
    .hypotheses(id)
    .flatMap(({ attempt, at, actor, cause, evidence }) => [
      `  attempt ${attempt}, ${momentOf(at)}, ${one(actor)}`,
      `    ${one(cause)}`,
      ...evidence.map((text) => `    - ${one(text)}`),
    ]);
  const history = incidents.history(id).map(({ at, from, to, attempt, actor, why, severity }) => {
    const by = actor ?? 'its transaction';
    const measured = severity === null ? '' : `, severity ${severity}`;
    return `  ${momentOf(at)}  ${from ?? 'opened'} → ${to} (attempt ${attempt}, by ${one(by)}${measured}): ${one(why)}`;
  });
  const attempts = incidents
    .attempts(id)
    .map(({ attempt, transaction }) => `  attempt ${attempt}: ${transaction}`);
  const own = row.own.map(({ object, reason }) => {
    return `  ${one(stringOf(object) ?? '?')}: ${one(stringOf(reason) ?? '?')}`;
  });
  return [
    `${id}  ${row.phase}, attempt ${row.attempt} of ${row.attemptsAllowed}`,
    `  ${one(row.title)}`,
    `  opened ${momentOf(row.openedAt)} by ${one(row.actor)}`,
    `  namespaces: ${namespaces === 'all' ? 'the whole cluster' : namespaces.map(one).join(', ')}`,
    `  severity at the opening: ${row.severity ?? 'unknown'}`,
    ...part('What fired at the opening', own),
    ...part('Suspected causes', hypotheses),
    ...part('Transactions', attempts),
    ...part('What happened (UTC)', history),
  ].join('\n');
}

function callText(call: SeenCall): string {
  const facts: [string, string | null | undefined][] = [
    ['who', call.actor],
    ['at', momentOf(call.at)],
    ['outcome', call.outcome],
    ['took', call.durationMs === undefined ? undefined : `${call.durationMs} ms`],
    ['decision', call.decision],
    ['rule', call.rule],
    ['object', call.object],
    ['transaction', call.transaction],
    ['code', call.code],
    ['message', call.message],
    ['arguments', call.args && jsonText(call.args)],
    ['call', call.call],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value ? [`  ${name.padEnd(12)}${one(value)}`] : [],
  );
  return [one(call.tool), ...lines].join('\n');
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

/** The line feeds of the text are ours alone; the renderer takes care of everything else. */
function one(text: string): string {
  return text.replaceAll('\n', '\\n');
}
