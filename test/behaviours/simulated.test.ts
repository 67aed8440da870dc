import { expect, test } from 'vitest';
import { useOwnCluster } from '../cluster/index.ts';
import { BEHAVIOURS } from './catalog/index.ts';
import { problemText } from './report.ts';
import { play } from './run.ts';

// Alone: the scheduler counts nodes in its messages, and other tests make some.
const cluster = await useOwnCluster();

test.concurrent.each(BEHAVIOURS.map((behaviour) => [behaviour.name, behaviour] as const))(
  'simulated kubelets: %s',
  async (_name, behaviour) => {
    expect(problemText(await play(cluster, 'simulated', behaviour))).toBe('');
  },
);
