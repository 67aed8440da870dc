import { expect, test } from 'vitest';
import { at, useCluster } from './index.ts';

const cluster = useCluster();

test('the shared control plane serves the pinned version', async () => {
  const { json } = await cluster.request('GET', '/version');
  expect(at(json, 'gitVersion')).toBe('v1.36.3');
});
