import { test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { faultCampaign } from './campaign.ts';

const cluster = useCluster();

test('every fault of the network ends as it should', { timeout: 240_000 }, () =>
  expectHolds(faultCampaign, 1, cluster),
);
