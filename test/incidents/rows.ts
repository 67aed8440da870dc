import type { IncidentRow } from '../../src/journal/incident-types.ts';
import { NOON } from '../journal/support-rows.ts';

/** An incident as one is opened. */
export function incident(fields: Partial<IncidentRow> = {}): Omit<IncidentRow, 'id'> {
  return {
    phase: 'detection',
    title: 'the shop answers 503',
    actor: 'claude-code 2.1.197 (alice)',
    cluster: 'shop-prod https://shop.example:6443',
    attempt: 1,
    attemptsAllowed: 3,
    openedAt: NOON,
    closedAt: null,
    namespaces: ['shop'],
    severity: 4.5,
    own: [],
    baseline: {},
    outcome: null,
    ...fields,
  };
}

export const note = { actor: 'alice', why: 'because' };
