import { expect } from 'vitest';
import { EDGES } from '../../src/agents/machine.ts';
import type { IncidentPhase } from '../../src/journal/incident-types.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import type { IncidentStore, TransactionState } from '../../src/journal/types.ts';

/** Where an attempt's transaction is, the incident is there with it. */
export const ACCORD: Readonly<Record<TransactionState, readonly IncidentPhase[]>> = {
  OPEN: ['mitigation'],
  SETTLING: ['mitigation'],
  COMMIT_DECIDED: ['mitigation'],
  // The others when what was refused after the commit is tried again.
  FINALIZING: ['mitigation', 'validation', 'resolved', 'escalated'],
  ABORTING: ['undoing', 'escalated'],
  ABORT_INCOMPLETE: ['undoing', 'escalated'],
  UNDOING: ['undoing', 'escalated', 'resolved'],
  UNDO_INCOMPLETE: ['undoing', 'escalated', 'resolved'],
  COMMITTED: ['validation', 'resolved', 'escalated'],
  COMMIT_INCOMPLETE: ['validation', 'resolved', 'escalated'],
  ABORTED: ['escalated'],
  UNDONE: ['escalated', 'resolved'],
};

interface Reading {
  readonly incidents: Pick<IncidentStore, 'get' | 'history' | 'hypotheses' | 'attempts'>;
  readonly transactions: { get(id: string): { readonly state: TransactionState } | undefined };
}

/** The history is whole and has edges only, the phase is its end, and fits the transaction of the attempt. */
export function expectAccord({ incidents, transactions }: Reading, id: string): void {
  const row = incidents.get(id);
  const history = incidents.history(id);
  const moves = history.slice(1);
  for (const [index, { from, to }] of moves.entries()) {
    expect(from).toBe(history[index]?.to);
    const edge = EDGES.some((one) => one.from === from && one.to === to);
    expect(edge, `${from} to ${to}`).toBe(true);
  }
  const known = new Set(incidents.hypotheses(id).map(({ attempt }) => attempt));
  for (const { to, attempt } of history) {
    expect(attempt).toBeLessThanOrEqual(row?.attemptsAllowed ?? 0);
    if (to === 'mitigation') expect(known).toContain(attempt);
  }
  expect(row).toMatchObject({ phase: history.at(-1)?.to, attempt: history.at(-1)?.attempt });
  const current = incidents.attempts(id).find(({ attempt }) => attempt === row?.attempt);
  const state = current && transactions.get(current.transaction)?.state;
  if (state !== undefined) expect(ACCORD[state], state).toContain(row?.phase);
}

export function expectAccordIn(journal: string, id: string): IncidentPhase | undefined {
  const reader = openJournalReader({ path: journal });
  try {
    expectAccord(reader, id);
    return reader.incidents.get(id)?.phase;
  } finally {
    reader.close();
  }
}
