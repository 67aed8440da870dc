import type { HypothesisRow, IncidentPhase, IncidentRow } from '../journal/incident-types.ts';
import { GUARDS, type Guard, waysFrom } from './machine.ts';

/** What of an incident decides where it may go. */
export interface Standing {
  readonly row: IncidentRow;
  readonly hypotheses: readonly Pick<HypothesisRow, 'attempt'>[];
  /** The transaction of the attempt under way. */
  readonly transaction?: string;
}

/** A way on from where an incident is, with the call that takes it. */
export interface Step {
  readonly to: IncidentPhase;
  readonly call: string;
  /** What has to be so before, where it isn't yet. */
  readonly missing: readonly string[];
}

/** Guards that can be told without measuring, and without the words of the call. */
const TESTS: Readonly<Partial<Record<Guard, (standing: Standing) => boolean>>> = {
  hypothesis: ({ row, hypotheses }) => hypotheses.some(({ attempt }) => attempt === row.attempt),
  'no-transaction': ({ transaction }) => transaction === undefined,
  'attempt-left': ({ row }) => row.attempt < row.attemptsAllowed,
};

/** The guards of an edge that do not hold now; those that only a measurement can tell are left out. */
export function unmet(guards: readonly Guard[], standing: Standing): Guard[] {
  return guards.filter((guard) => TESTS[guard]?.(standing) === false);
}

/** Where an incident can go, and by which call. The first is the one it was made for. */
export function stepsFrom(standing: Standing): Step[] {
  const { row, transaction } = standing;
  const incident = `"incident":"${row.id}"`;
  const told = waysFrom(row.phase).map(({ to, guards }) => ({
    to,
    call: `incident_update {${incident},"phase":"${to}"${to === 'escalated' ? ',"reason":"…"' : ''}}`,
    missing: unmet(guards, standing).map((guard) => GUARDS[guard]),
  }));
  const step = (to: IncidentPhase, call: string): Step => ({ to, call, missing: [] });
  const done = (tool: string) => `${tool} {"transaction":"${transaction}"}`;
  switch (row.phase) {
    case 'mitigation':
      if (transaction === undefined) {
        const begin = `transaction_begin {${incident},"namespaces":[…],"reason":"…"}`;
        return [step('validation', `${begin}, mitigate_*, transaction_commit`), ...told];
      }
      return [
        step('validation', done('transaction_commit')),
        step('undoing', done('transaction_abort')),
        ...told,
      ];
    case 'validation':
      return transaction === undefined
        ? told
        : [...told.slice(0, 1), step('undoing', done('undo_transaction')), ...told.slice(1)];
    case 'undoing':
      return transaction === undefined
        ? told
        : [step('diagnosis', done('transaction_status')), ...told];
    default:
      return told;
  }
}

/** The first step whose guards hold, as a sentence. */
export function nextOf(standing: Standing): string {
  const { row } = standing;
  if (row.closedAt !== null) {
    return row.phase === 'resolved'
      ? 'It is over. What appears later is another incident.'
      : 'A person goes on with it; observe_* still shows the cluster, and undo_* takes back.';
  }
  if (row.phase === 'diagnosis' && unmet(['hypothesis'], standing).length > 0) {
    return `Record the cause that you suspect: incident_update {"incident":"${row.id}","hypothesis":"…","evidence":["…"]}.`;
  }
  const [first] = stepsFrom(standing).filter(({ missing }) => missing.length === 0);
  return first === undefined ? 'A person has to decide.' : `To ${first.to}: ${first.call}.`;
}
