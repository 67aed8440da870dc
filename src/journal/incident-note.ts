import type { JsonObject } from '../core/json.ts';
import { incidentIdOf } from './incident-id.ts';
import type { IncidentPhase, MoveNote } from './incident-types.ts';
import type { Room } from './room.ts';

export interface Noted extends Omit<MoveNote, 'actor'> {
  readonly actor: string | null;
  readonly transaction?: string;
}

export interface Moved extends Noted {
  readonly incident: number;
  readonly from: IncidentPhase | null;
  readonly to: IncidentPhase;
  readonly attempt: number;
}

/** Adds a move to the history of the incident and to the audit log. Inside a write. */
export function noteMove(room: Room, moved: Moved): void {
  const { incident, from, to, attempt, actor, why, transaction, severity = null } = moved;
  const insert = room.database.sql.prepare<object>(
    `INSERT INTO incident_phase (incident, seq, from_phase, to_phase, attempt, at, actor, txn, why, severity)
     SELECT @incident, coalesce(max(seq), 0) + 1, @from, @to, @attempt, @at, @actor, @txn, @why, @severity
     FROM incident_phase WHERE incident = @incident`,
  );
  room.database.write('incident.note', () => {
    const at = Math.round(room.now());
    const txn = transaction ?? null;
    insert.run({ ...{ incident, from, to, attempt, at, actor, txn, why, severity } });
  });
  noteIncident(room, incident, to, { ...(from === null ? {} : { from }), to, attempt, why }, moved);
}

/** A row of the audit log about an incident. */
export function noteIncident(
  room: Room,
  incident: number,
  outcome: string,
  facts: JsonObject,
  note: Pick<Noted, 'call' | 'tool' | 'actor' | 'transaction' | 'severity' | 'detail'>,
): void {
  const { call, tool, actor, transaction, severity, detail } = note;
  room.audit.append({
    kind: 'incident',
    ...(call === undefined ? {} : { call }),
    ...(tool === undefined ? {} : { tool }),
    ...(transaction === undefined ? {} : { transaction }),
    outcome,
    detail: {
      incident: incidentIdOf(incident),
      ...facts,
      ...(actor === null ? {} : { actor }),
      ...(severity == null ? {} : { severity }),
      ...detail,
    },
  });
}
