import { test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { fuzz } from './campaign.ts';

const cluster = useCluster();

test('hostile inputs break nothing, open nothing and let no secret out', { timeout: 300_000 }, () =>
  expectHolds(fuzz, 20, cluster),
);
