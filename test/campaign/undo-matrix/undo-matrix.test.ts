import { test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { undoMatrix } from './campaign.ts';

const cluster = useCluster();

test(
  'every write is told its class before, and taken back as the matrix says',
  { timeout: 240_000 },
  () => expectHolds(undoMatrix, 1, cluster),
);
