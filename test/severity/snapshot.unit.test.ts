import { expect, test } from 'vitest';
import type { ClusterReader } from '../../src/cluster/types.ts';
import { systemClock } from '../../src/core/clock.ts';
import { StratusError } from '../../src/core/errors.ts';
import { WATCHED_KINDS } from '../../src/severity/kinds.ts';
import { takeSnapshot } from '../../src/severity/snapshot.ts';

test('a list that is forbidden is told apart from one that failed', async () => {
  const all = WATCHED_KINDS.map(({ kind, group, plural, namespaced }) => ({
    ...{ kind, group, plural, namespaced, version: 'v1', verbs: ['list'] },
    apiVersion: group === '' ? 'v1' : `${group}/v1`,
  }));
  const reader = {
    resources: async () => ({ all, failedGroups: [] }),
    listAll: async ({ resource }: { resource: { plural: string } }) => {
      if (resource.plural === 'nodes') throw new StratusError('forbidden', 'no');
      if (resource.plural === 'pods') throw new StratusError('cluster_unreachable', 'no answer');
      return { items: [] };
    },
  } as unknown as ClusterReader;
  const { unknowns } = await takeSnapshot(reader, { namespaces: 'all' }, systemClock);
  expect(unknowns).toEqual([
    { what: 'nodes', reason: 'forbidden: no', forbidden: true },
    { what: 'pods', reason: 'cluster_unreachable: no answer' },
  ]);
});
