import {
  type Columns,
  column,
  fromStored,
  insertion,
  json,
  newest,
  type Stored,
  time,
  toStored,
} from './column.ts';
import { incidentIdOf, incidentKeyOf } from './incident-id.ts';
import { noteIncident, noteMove } from './incident-note.ts';
import type {
  AttemptRow,
  HypothesisRow,
  IncidentPhase,
  IncidentRow,
  IncidentStore,
  PhaseRow,
} from './incident-types.ts';
import type { Room } from './room.ts';

const COLUMNS: Columns<Exclude<keyof IncidentRow, 'id'>> = {
  phase: column('phase'),
  title: column('title'),
  actor: column('actor'),
  cluster: column('cluster'),
  attempt: column('attempt'),
  attemptsAllowed: column('attempts_allowed'),
  openedAt: time('opened_at'),
  closedAt: time('closed_at'),
  namespaces: json('namespaces'),
  severity: column('severity'),
  own: json('own'),
  baseline: json('baseline'),
  outcome: column('outcome'),
};

const MOVES: Columns<keyof PhaseRow> = {
  seq: column('seq'),
  from: column('from_phase'),
  to: column('to_phase'),
  attempt: column('attempt'),
  at: time('at'),
  actor: column('actor'),
  transaction: column('txn'),
  why: column('why'),
  severity: column('severity'),
};

const HYPOTHESES: Columns<keyof HypothesisRow> = {
  seq: column('seq'),
  attempt: column('attempt'),
  at: time('at'),
  actor: column('actor'),
  cause: column('cause'),
  evidence: json('evidence'),
};

const ENDED: readonly IncidentPhase[] = ['resolved', 'escalated'];

export function openIncidentTable(room: Room): IncidentStore {
  const { database } = room;
  const { sql } = database;
  const byKey = sql.prepare<[number], Stored>('SELECT * FROM incident WHERE id = ?');
  const rowsOf = (table: string) =>
    sql.prepare<[number], Stored>(`SELECT * FROM ${table} WHERE incident = ? ORDER BY 2`);
  const history = rowsOf('incident_phase');
  const hypotheses = rowsOf('hypothesis');
  const attempts = rowsOf('incident_attempt');
  const ofTransaction = sql.prepare<[string], Stored>(
    'SELECT * FROM incident_attempt WHERE txn = ?',
  );
  const update = sql.prepare<object>(
    `UPDATE incident SET phase = @to, attempt = attempt + @next, closed_at = @closedAt, outcome = @outcome
     WHERE id = @id AND phase = @from AND attempt = @attempt AND (@untouched = 0 OR NOT EXISTS (
       SELECT 1 FROM incident_attempt a WHERE a.incident = incident.id AND a.attempt = incident.attempt))`,
  );
  const now = () => Math.round(room.now());

  const get = (id: string): IncidentRow | undefined => {
    const stored = database.read(() => byKey.get(incidentKeyOf(id)));
    return stored === undefined ? undefined : rowOf(stored);
  };

  return {
    get,
    open: (row, note) => {
      database.requirePlace();
      return database.write('incident.open', () => {
        const fields = toStored(COLUMNS, row);
        const { lastInsertRowid } = sql.prepare(insertion('incident', fields)).run(fields);
        const incident = Number(lastInsertRowid);
        const { phase: to, attempt, severity } = row;
        noteMove(room, { severity, ...note, incident, from: null, to, attempt });
        return { ...row, id: incidentIdOf(incident) };
      });
    },
    list: ({ phases, ...page }) =>
      database.read(() => {
        const { rows, total } = newest(sql, 'incident', { column: 'phase', values: phases }, page);
        return { rows: rows.map(rowOf), total };
      }),
    move: (id, { from, to, attempt, next, untouched }, note) =>
      database.write('incident.move', () => {
        const incident = incidentKeyOf(id);
        const ended = ENDED.includes(to);
        const { changes } = update.run({
          ...{ id: incident, from, to, attempt, next: next ? 1 : 0, untouched: untouched ? 1 : 0 },
          ...{ closedAt: ended ? now() : null, outcome: ended ? note.why : null },
        });
        if (changes !== 1) return false;
        noteMove(room, { ...note, incident, from, to, attempt: attempt + (next ? 1 : 0) });
        return true;
      }),
    record: (id, { cause, evidence }, note) =>
      database.write('incident.hypothesis', () => {
        const row = get(id);
        if (row === undefined || row.closedAt !== null) return undefined;
        const incident = incidentKeyOf(id);
        const last = hypotheses.all(incident).length;
        const { actor } = note;
        const made = { seq: last + 1, attempt: row.attempt, at: now(), actor, cause, evidence };
        const fields = { incident, ...toStored(HYPOTHESES, made) };
        sql.prepare(insertion('hypothesis', fields)).run(fields);
        const facts = { attempt: row.attempt, cause, evidence: [...evidence] };
        noteIncident(room, incident, 'HYPOTHESIS', facts, note);
        return made;
      }),
    history: (id) =>
      database.read(() =>
        history.all(incidentKeyOf(id)).map((stored) => fromStored<PhaseRow>(MOVES, stored)),
      ),
    hypotheses: (id) =>
      database.read(() =>
        hypotheses
          .all(incidentKeyOf(id))
          .map((stored) => fromStored<HypothesisRow>(HYPOTHESES, stored)),
      ),
    attempts: (id) => database.read(() => attempts.all(incidentKeyOf(id)).map(attemptOf)),
    ofTransaction: (transaction) =>
      database.read(() => {
        const stored = ofTransaction.get(transaction);
        return stored === undefined ? undefined : attemptOf(stored);
      }),
  };
}

function rowOf(stored: Stored): IncidentRow {
  const row = fromStored<Omit<IncidentRow, 'id'>>(COLUMNS, stored);
  return { id: incidentIdOf(Number(stored.id)), ...row };
}

function attemptOf({ incident, attempt, txn }: Stored): AttemptRow {
  return {
    incident: incidentIdOf(Number(incident)),
    attempt: Number(attempt),
    transaction: String(txn),
  };
}
