import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { isBroken, playAll } from './suite.ts';

const cluster = useCluster();

test('the embedded API server does what the real one does', { timeout: 300_000 }, async () => {
  const { server, caPem, tokens } = cluster;
  const results = await playAll({ server, caPem, token: tokens.admin });
  const broken = results.filter(isBroken).map(({ area, behaviour, lines }) => ({
    behaviour: `${area}: ${behaviour.name}`,
    lines,
  }));
  expect(broken).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
