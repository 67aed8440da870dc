import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLOSED, EDGES, edgeOf, OPEN, PHASES, waysFrom } from '../../src/agents/machine.ts';
import { moveIncident } from '../../src/agents/move-incident.ts';
import { recordHypothesis } from '../../src/agents/record-hypothesis.ts';
import { StratusError, toStratusError } from '../../src/core/errors.ts';
import { IncidentPhase } from '../../src/journal/incident-types.ts';
import type { Journal, TransactionState } from '../../src/journal/types.ts';
import { writingJournal } from '../journal/support.ts';
import { transaction } from '../journal/support-rows.ts';
import { expectAccord } from './accord.ts';
import { BY, openDesk } from './desk.ts';
import { incident, note } from './rows.ts';

const ALL = Object.values(IncidentPhase);
const HEALTHY = { objects: [], unknowns: [] };

test('the machine is what it says: the cycle, the ways back, and a person at any time', () => {
  const pairs = EDGES.map(({ from, to, by }) => `${from} > ${to} by ${by}`).sort();
  expect(pairs).toEqual(
    [
      'detection > diagnosis by incident_update',
      'detection > escalated by incident_update',
      'diagnosis > escalated by incident_update',
      'diagnosis > mitigation by incident_update',
      'mitigation > diagnosis by incident_update',
      'mitigation > escalated by incident_update',
      'mitigation > undoing by transaction',
      'mitigation > validation by transaction',
      'undoing > diagnosis by transaction',
      'undoing > escalated by incident_update',
      'undoing > escalated by transaction',
      'validation > diagnosis by incident_update',
      'validation > escalated by incident_update',
      'validation > resolved by incident_update',
      'validation > undoing by transaction',
    ].sort(),
  );
  expect(CLOSED.flatMap(waysFrom)).toEqual([]);
  for (const phase of OPEN) expect(edgeOf(phase, 'escalated')?.guards).toContain('reason');
});

test('mitigation alone writes; where something was written it can be taken back', () => {
  const who = (family: string) =>
    ALL.filter((phase) => (PHASES[phase].may as string[]).includes(family));
  expect(who('write')).toEqual(['mitigation']);
  expect(who('observe')).toEqual(ALL);
  expect(who('undo')).toEqual(['mitigation', 'validation', 'undoing', 'resolved', 'escalated']);
});

/** An incident that stands in `phase`, with a hypothesis, and without a transaction. */
function standing(journal: Journal, phase: IncidentPhase): string {
  const closed = CLOSED.includes(phase) ? { closedAt: 1, outcome: 'over' } : {};
  const { id } = journal.incidents.open(incident({ phase, ...closed }), note);
  journal.incidents.record(id, { cause: 'a cause', evidence: ['seen'] }, note);
  return id;
}

test('from each phase to each: an edge lands, what is none is refused and changes nothing', async () => {
  const { journal } = writingJournal();
  const desk = openDesk(journal, HEALTHY);
  for (const [from, to] of ALL.flatMap((one) => ALL.map((other) => [one, other] as const))) {
    const id = standing(journal, from);
    const work = moveIncident(desk, { incident: id, to, reason: 'a test' }, BY);
    const { row, error } = await work.then(
      (moved) => ({ row: moved, error: undefined }),
      (thrown: unknown) => ({ row: undefined, error: thrown }),
    );
    const pair = `${from} to ${to}`;
    if (edgeOf(from, to) !== undefined) {
      expect(row?.phase, pair).toBe(to);
      expect(journal.incidents.history(id).at(-1)).toMatchObject({ from, to, why: 'a test' });
      continue;
    }
    expect(error, pair).toBeInstanceOf(StratusError);
    const { code, message, next, details } = toStratusError(error);
    expect(code, pair).toBe('incident_phase');
    // It says where the incident is, and names a way on.
    expect(message).toContain(from);
    expect(next).not.toBe('');
    const ways = CLOSED.includes(from) ? [] : ['escalated'];
    expect(details?.allowed_next).toEqual(expect.arrayContaining(ways));
    expect(journal.incidents.get(id)?.phase, pair).toBe(from);
    expect(journal.incidents.history(id)).toHaveLength(1);
  }
});

/** What the transaction layer does with a transaction, and a person with what is left of one. */
const LIFE: Readonly<Partial<Record<TransactionState, readonly TransactionState[]>>> = {
  OPEN: ['SETTLING', 'ABORTING', 'ABORTED'],
  SETTLING: ['COMMIT_DECIDED', 'ABORTING', 'ABORTED'],
  COMMIT_DECIDED: ['FINALIZING', 'COMMITTED'],
  FINALIZING: ['COMMITTED', 'COMMIT_INCOMPLETE'],
  COMMIT_INCOMPLETE: ['FINALIZING', 'COMMITTED', 'UNDOING'],
  COMMITTED: ['UNDOING'],
  ABORTING: ['ABORTED', 'ABORT_INCOMPLETE'],
  ABORT_INCOMPLETE: ['ABORTING', 'ABORTED'],
  UNDOING: ['UNDONE', 'UNDO_INCOMPLETE'],
  UNDO_INCOMPLETE: ['UNDOING', 'UNDONE'],
};

const way = fc.constantFrom(0, 0, 0, 0, 0, 1, 2);

/** Mostly what the moment allows, so that it gets somewhere; now and then anything at all. */
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('go' as const), way }) },
  fc.record({
    do: fc.constant('move' as const),
    to: fc.constantFrom(...OPEN, 'resolved' as const),
  }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('suspect' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('live' as const),
      back: fc.constantFrom(0, 0, 0, 1),
      way,
    }),
  },
);

test('whatever is tried in whatever order: only edges, within the attempts, in accord with the transactions', {
  timeout: 60_000,
}, async () => {
  const { journal, epoch } = writingJournal();
  const desk = openDesk(journal, HEALTHY);
  const { incidents, transactions } = journal;
  const reached = new Set<IncidentPhase>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(operation, { minLength: 10, maxLength: 60 }),
      async (allowed, operations) => {
        const { id } = incidents.open(incident({ attemptsAllowed: allowed }), note);
        const begun: string[] = [];
        const go = (to: IncidentPhase | undefined) =>
          to && moveIncident(desk, { incident: id, to, reason: 'r' }, BY);
        for (const one of operations) {
          const work = async () => {
            const ways = waysFrom(incidents.get(id)?.phase ?? 'resolved');
            switch (one.do) {
              case 'suspect':
                return recordHypothesis(desk, id, { cause: 'c', evidence: ['e'] }, BY);
              case 'begin':
                return begun.push(transactions.create(transaction({ epoch }), id).id);
              case 'go':
                return go(ways[one.way]?.to);
              case 'move':
                return go(one.to);
              case 'live': {
                const which = begun.at(-1 - one.back) ?? '';
                const state = transactions.get(which)?.state ?? 'UNDONE';
                const to = LIFE[state]?.[one.way];
                return to && transactions.move(which, [state], to, epoch);
              }
            }
          };
          await work().catch((thrown: unknown) => expect(thrown).toBeInstanceOf(StratusError));
        }
        const history = incidents.history(id);
        for (const { to } of history) reached.add(to);
        expectAccord(journal, id);
        expect(incidents.attempts(id).map(({ transaction: txn }) => txn)).toEqual(begun);
      },
    ),
    { numRuns: 300 },
  );
  expect([...reached].sort()).toEqual([...ALL].sort());
});
