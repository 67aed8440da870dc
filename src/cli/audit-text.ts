import { type JsonObject, numberOf, objectOf, stringifyJson, stringOf } from '../core/json.ts';
import { plainJson, plainLine } from '../core/plain-text.ts';
import type { AuditRow } from '../journal/types.ts';

const LONGEST_ARGS = 400;

/** `claude-code 2.1.197 (alice)`. */
export function actorOf(row: AuditRow): string {
  if (row.client === null) return '-';
  return plainLine(row.principal === null ? row.client : `${row.client} (${row.principal})`);
}

/** `shop Deployment/catalog`. */
export function objectOfRow(row: AuditRow): string {
  const parts = [row.namespace, row.object].filter((part) => part !== null);
  return parts.length === 0 ? '-' : plainLine(parts.join(' '));
}

/** Compact JSON, safe to print, cut at a bounded length. */
export function jsonText(value: JsonObject): string {
  const text = plainJson(stringifyJson(value));
  if (text.length <= LONGEST_ARGS) return text;
  const rest = text.length - LONGEST_ARGS;
  return `${text.slice(0, LONGEST_ARGS)}… (${rest} more characters; see audit export)`;
}

/** What a row says besides its columns, on one line. */
export function detailOf(row: AuditRow): string {
  const { detail } = row;
  const text = (key: string) => plainLine(stringOf(detail[key]) ?? '');
  switch (row.kind) {
    case 'call':
      return jsonText(objectOf(detail.args));
    case 'outcome':
      return [text('code'), text('message')].filter((part) => part !== '').join(': ');
    case 'transaction':
      return stateChange(detail) || noteText(row);
    case 'step':
      return stepChange(detail) || noteText(row);
    case 'incident':
      return incidentText(row);
    case 'policy':
      if (detail.event === 'approval') return text('message');
      return `${text('name')} from ${text('source')}, digest ${text('digest')}`;
    default:
      return noteText(row);
  }
}

function stateChange(detail: JsonObject): string {
  const to = stringOf(detail.to);
  const from = stringOf(detail.from);
  const reason = stringOf(detail.outcome) ?? stringOf(detail.reason);
  const adopted = numberOf(detail.adoptedFromEpoch);
  if (adopted !== undefined) {
    return `taken over from a dead writer (epoch ${adopted} to ${numberOf(detail.epoch)})`;
  }
  if (to === undefined) return '';
  const verdict = verdictText(detail);
  return plainLine(
    [
      arrow(from, to),
      reason === undefined ? '' : `: ${reason}`,
      verdict === undefined ? '' : `, ${verdict}`,
    ].join(''),
  );
}

function incidentText({ outcome, detail }: AuditRow): string {
  const to = stringOf(detail.to);
  const what = to === undefined ? (outcome ?? '') : arrow(stringOf(detail.from), to);
  const why = stringOf(detail.why) ?? stringOf(detail.cause) ?? '';
  return plainLine(`${stringOf(detail.incident) ?? '?'} ${what}: ${why}`);
}

function verdictText(detail: JsonObject): string | undefined {
  const { pass, summary } = objectOf(detail.verdict);
  if (pass === undefined) return undefined;
  return `verdict ${pass === true ? 'passed' : 'refused'}: ${stringOf(summary) ?? ''}`;
}

// What the engine adds to a change of state: how an object was taken back, why, what was found.
function noteText({ outcome, detail }: AuditRow): string {
  const found = stringOf(detail.found);
  const said = [
    stringOf(detail.how),
    stringOf(detail.reason),
    stringOf(detail.summary),
    found === undefined ? undefined : `found ${found}`,
    verdictText(detail),
  ].filter((part) => part !== undefined);
  const text = said.length > 0 ? said.join(', ') : Object.keys(detail).length > 0 ? undefined : '';
  return [plainLine(outcome ?? ''), text === undefined ? jsonText(detail) : plainLine(text)]
    .filter((part) => part !== '')
    .join(': ');
}

function stepChange(detail: JsonObject): string {
  const to = stringOf(detail.to);
  if (to === undefined) return '';
  const status = numberOf(detail.httpStatus);
  const error = stringOf(detail.error);
  const conflicts = numberOf(detail.conflicts);
  return plainLine(
    [
      `step ${numberOf(detail.seq) ?? '?'} ${arrow(stringOf(detail.from), to)}`,
      status === undefined ? '' : ` (HTTP ${status})`,
      conflicts === undefined ? '' : ` (conflicts: ${conflicts})`,
      error === undefined ? '' : `: ${error}`,
    ].join(''),
  );
}

function arrow(from: string | undefined, to: string): string {
  return from === undefined ? to : `${from} → ${to}`;
}
