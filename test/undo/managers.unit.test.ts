import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  COMMAND_MANAGER,
  isCommandManager,
  isOurManager,
  managersOf,
  UNDO_MANAGER,
} from '../../src/core/managers.ts';
import { restoredManagedFields } from '../../src/undo/managed-fields.ts';
import { configMap, owns } from './objects.ts';

test('the names of every epoch are ours, and short enough for Kubernetes', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 - 1 }), (epoch) => {
      const { command, undo } = managersOf(epoch);
      expect([isOurManager(command), isCommandManager(command)]).toEqual([true, true]);
      expect([isOurManager(undo), isCommandManager(undo)]).toEqual([true, false]);
      expect(undo.length).toBeLessThanOrEqual(128);
    }),
  );
  expect([COMMAND_MANAGER, UNDO_MANAGER].every(isOurManager)).toBe(true);
});

test.each([
  'kubectl-edit',
  'stratus',
  'stratus-e',
  'stratus-e1x',
  'my-stratus-e1',
  'stratus-undo-e',
  'stratus-e1\n',
])('%j is somebody else', (name) => {
  expect(isOurManager(name) || isCommandManager(name)).toBe(false);
});

test('after an undo nothing of any epoch is left, but what we owned before', () => {
  const flux = owns('flux', ['a'], { operation: 'Apply' });
  const earlier = owns('stratus-e4', ['c']);
  const pre = configMap({}, { managedFields: [flux, earlier] });
  const live = configMap(
    {},
    {
      managedFields: [flux, earlier, owns('stratus-e5', ['a']), owns('stratus-undo-e6', ['a'])],
    },
  );
  expect(restoredManagedFields(pre, live)).toEqual([flux, earlier]);
});
