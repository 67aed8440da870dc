import { StratusError } from '../core/errors.ts';
import { incidentIdOf, incidentKeyOf } from './incident-id.ts';
import { type Noted, noteMove } from './incident-note.ts';
import { type IncidentPhase, IncidentPhase as Phase } from './incident-types.ts';
import type { Room } from './room.ts';
import type { TransactionState } from './types.ts';

/** A move that the transaction of an attempt makes by its own change of state. */
export interface Follow {
  readonly states: readonly TransactionState[];
  readonly from: IncidentPhase;
  readonly to: IncidentPhase;
  /** Starts the next attempt; where none is left, the incident is escalated instead. */
  readonly next?: true;
}

/**
 * How an incident follows its transaction, each in turn: a person who accepts what a dead process left open takes it
 * through two at once. They are written together with the state of the transaction, never after it.
 */
export const FOLLOWS: readonly Follow[] = [
  { states: ['COMMITTED', 'COMMIT_INCOMPLETE'], from: 'mitigation', to: 'validation' },
  { states: ['ABORTING', 'ABORTED', 'ABORT_INCOMPLETE'], from: 'mitigation', to: 'undoing' },
  { states: ['UNDOING', 'UNDONE', 'UNDO_INCOMPLETE'], from: 'validation', to: 'undoing' },
  { states: ['ABORTED', 'UNDONE'], from: 'undoing', to: 'diagnosis', next: true },
];

export interface IncidentFollow {
  /** Makes a transaction that of the attempt under way. Inside a write. @throws StratusError incident_phase */
  link(incident: string, transaction: string): void;
  /** Moves the incident of a transaction that came into `state`. Inside a write. */
  follow(transaction: string, state: TransactionState, outcome?: string | null): void;
}

interface Linked {
  id: number;
  phase: IncidentPhase;
  attempt: number;
  attempts_allowed: number;
}

export function openIncidentFollow(room: Room): IncidentFollow {
  const { sql } = room.database;
  const insert = sql.prepare<object>(
    `INSERT OR IGNORE INTO incident_attempt (incident, attempt, txn)
     SELECT id, attempt, @txn FROM incident WHERE id = @id AND phase = '${Phase.MITIGATION}'`,
  );
  const linked = sql.prepare<[string], Linked>(
    `SELECT i.id, i.phase, i.attempt, i.attempts_allowed
     FROM incident_attempt a JOIN incident i ON i.id = a.incident AND i.attempt = a.attempt
     WHERE a.txn = ?`,
  );
  const update = sql.prepare<object>(
    `UPDATE incident SET phase = @phase, attempt = @attempt, closed_at = @closedAt, outcome = @outcome
     WHERE id = @id`,
  );

  const move = (row: Linked, rule: Follow, note: Noted): void => {
    const used = rule.next === true && row.attempt >= row.attempts_allowed;
    const to = used ? Phase.ESCALATED : rule.to;
    const attempt = row.attempt + (rule.next === true && !used ? 1 : 0);
    const why = used ? `${note.why} All ${row.attempts_allowed} attempts are used up.` : note.why;
    room.database.write('incident.follow', () => {
      update.run({
        ...{ id: row.id, phase: to, attempt },
        ...{ closedAt: used ? Math.round(room.now()) : null, outcome: used ? why : null },
      });
    });
    noteMove(room, { ...note, why, incident: row.id, from: row.phase, to, attempt });
  };

  return {
    link: (incident, transaction) => {
      const id = incidentKeyOf(incident);
      const made = room.database.write('incident.link', () => insert.run({ id, txn: transaction }));
      if (made.changes === 1) return;
      throw new StratusError(
        'incident_phase',
        `${incidentIdOf(id)} was moved meanwhile, or its attempt has a transaction already.`,
        { next: `Look at it with incident_status and incident "${incident}".` },
      );
    },
    follow: (transaction, state, outcome) => {
      for (const rule of FOLLOWS) {
        if (!rule.states.includes(state)) continue;
        const row = linked.get(transaction);
        if (row === undefined) return;
        if (row.phase !== rule.from) continue;
        const because = outcome ? `: ${outcome}` : '.';
        const why = `${transaction} is ${state}${because}`.slice(0, 500);
        move(row, rule, { transaction, why, actor: null, severity: null });
      }
    },
  };
}
