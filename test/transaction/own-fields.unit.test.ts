import { expect, test } from 'vitest';
import type { WriteOutcome } from '../../src/cluster/types.ts';
import { conflictsWithOursAlone, leavesOursBehind } from '../../src/transaction/own-fields.ts';
import { configMap, owns } from '../undo/objects.ts';

const refused = (...managers: string[]): WriteOutcome => ({
  ...{ kind: 'rejected', status: 409, reason: 'Conflict', message: 'Apply failed with conflicts' },
  causes: managers.map((manager) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}" using v1 at 2026-01-01T00:00:00Z`,
    field: '.data.mode',
  })),
});

test('only a conflict with nobody but ourselves is ours to force', () => {
  expect(conflictsWithOursAlone(refused('stratus-mcp'))).toBe(true);
  expect(conflictsWithOursAlone(refused('stratus-e3', 'stratus-undo-e4'))).toBe(true);
  expect(conflictsWithOursAlone(refused('stratus-mcp', 'kubectl-edit'))).toBe(false);
  expect(conflictsWithOursAlone(refused())).toBe(false);
  expect(conflictsWithOursAlone(refused('stratus-mcp" or "kubectl'))).toBe(false);
});

test('fields that an apply of an earlier epoch set alone are told', () => {
  const apply = (manager: string, keys: string[]) => owns(manager, keys, { operation: 'Apply' });
  const predicted = (...managedFields: ReturnType<typeof owns>[]) =>
    configMap({}, { managedFields });
  expect(
    leavesOursBehind(predicted(apply('stratus-e9', ['a', 'b']), apply('stratus-e10', ['a']))),
  ).toBe(true);
  expect(
    leavesOursBehind(predicted(apply('stratus-e9', ['a']), apply('stratus-e10', ['a', 'b']))),
  ).toBe(false);
  expect(leavesOursBehind(predicted(apply('flux', ['a']), apply('stratus-mcp', ['b'])))).toBe(
    false,
  );
});
