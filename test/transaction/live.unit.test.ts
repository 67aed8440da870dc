import { expect, test } from 'vitest';
import type { ClusterReader, ResourceInfo } from '../../src/cluster/types.ts';
import { type ErrorCode, StratusError } from '../../src/core/errors.ts';
import { readLive } from '../../src/transaction/live.ts';

const PODS = { kind: 'Pod', apiVersion: 'v1', namespaced: true } as ResourceInfo;

/** A cluster whose every list ends in this error. */
const refusing = (code: ErrorCode) =>
  ({
    resources: async () => ({ resolve: () => PODS }),
    listAll: async () => {
      throw new StratusError(code, 'no');
    },
  }) as unknown as ClusterReader;
const list = (optional?: true) => [
  { as: 'pods', list: { resource: 'pods', namespace: 'shop', ...(optional && { optional }) } },
];

test('a list for advice that may not be read is empty, and known to mean nothing', async () => {
  const live = await readLive(refusing('forbidden'), list(true));
  expect(live.list('pods')).toEqual([]);
  expect(live.unread?.('pods')).toBe(true);
  expect(live.unread?.('others')).toBe(false);
});

test('a list that the plan needs ends it, and so does a cluster that is away', async () => {
  await expect(readLive(refusing('forbidden'), list())).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(readLive(refusing('cluster_unreachable'), list(true))).rejects.toMatchObject({
    code: 'cluster_unreachable',
  });
});
