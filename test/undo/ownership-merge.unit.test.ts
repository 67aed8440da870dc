import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { mergedManagedFields } from '../../src/undo/ownership-merge.ts';
import { configMap, owns } from './objects.ts';

const withManagers = (...managedFields: JsonObject[]): KubeObject =>
  configMap({ a: '1', b: '2' }, { managedFields });

const later = { time: '2026-01-01T00:01:00Z' };

test('what ours took goes back to its owner, and what another one wrote meanwhile stays theirs', () => {
  const pre = withManagers(owns('helm', ['a', 'b']), owns('team', ['note']));
  const live = withManagers(
    owns('helm', ['b']),
    owns('team', ['note', 'more'], later),
    owns('stratus-undo', ['a']),
  );
  expect(mergedManagedFields(pre, live)).toEqual([
    owns('helm', ['b', 'a']),
    owns('team', ['note', 'more'], later),
  ]);
});

test('an owner that lost everything to us comes back, without what others took from it', () => {
  const pre = withManagers(owns('helm', ['a', 'b']));
  const live = withManagers(owns('team', ['b'], later), owns('stratus-undo', ['a']));
  expect(mergedManagedFields(pre, live)).toEqual([owns('team', ['b'], later), owns('helm', ['a'])]);
});

test('what a committed change of ours owned before stays its own', () => {
  const pre = withManagers(owns('stratus-mcp', ['a']));
  const live = withManagers(owns('stratus-mcp', ['a', 'b']), owns('team', ['c'], later));
  expect(mergedManagedFields(pre, live)).toEqual([
    owns('team', ['c'], later),
    owns('stratus-mcp', ['a']),
  ]);
});

test('what nobody owned before is nobody’s again', () => {
  const pre = withManagers(owns('team', ['c']));
  const live = withManagers(owns('team', ['c', 'd'], later), owns('stratus-undo', ['a']));
  expect(mergedManagedFields(pre, live)).toEqual([owns('team', ['c', 'd'], later)]);
});
