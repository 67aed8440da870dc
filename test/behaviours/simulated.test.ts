import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { BEHAVIOURS } from './catalog/index.ts';
import { problemText } from './report.ts';
import { play } from './run.ts';

const cluster = useCluster();

test.concurrent.each(BEHAVIOURS.map((behaviour) => [behaviour.name, behaviour] as const))(
  'simulated kubelets: %s',
  async (_name, behaviour) => {
    expect(problemText(await play(cluster, 'simulated', behaviour))).toBe('');
  },
);
