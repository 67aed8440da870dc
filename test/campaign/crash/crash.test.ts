import { test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { crashCampaign } from './campaign.ts';

const cluster = useCluster();

test('servers that are killed leave nothing half done', { timeout: 300_000 }, () =>
  expectHolds(crashCampaign, 1, cluster),
);
