import { test } from 'vitest';
import { useOwnCluster } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { undoMatrix } from './campaign.ts';

// Alone: its transactions are on all namespaces.
const cluster = await useOwnCluster();

test(
  'every write is told its class before, and taken back as the matrix says',
  { timeout: 240_000 },
  () => expectHolds(undoMatrix, 1, cluster),
);
