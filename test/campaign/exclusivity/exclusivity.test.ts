import { test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { exclusivity } from './campaign.ts';

const cluster = useCluster();

test('writes of one epoch at a time, whatever happens to the writer', { timeout: 300_000 }, () =>
  expectHolds(exclusivity, 3, cluster),
);
