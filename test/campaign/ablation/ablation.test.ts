import { test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { ablation } from './campaign.ts';

const cluster = useCluster();

test(
  'what gate, undo and retry are worth: one incident, with and without each',
  {
    timeout: 300_000,
  },
  () => expectHolds(ablation, 43, cluster),
);
