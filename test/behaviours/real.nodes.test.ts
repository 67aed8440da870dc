import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
import { withoutRealNodes } from '../cluster/real/require.ts';
import { BEHAVIOURS } from './catalog/index.ts';
import { problemText } from './report.ts';
import { playAll } from './suite.ts';

const skip = withoutRealNodes();

describe.skipIf(skip)('real kubelets', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ nodes: 3, kubelets: 'real' });
  });

  afterAll(() => plane?.stop());

  test('show what the table says that both kinds show', async () => {
    const outcomes = await playAll(plane, 'real', BEHAVIOURS, 10);
    expect(outcomes.filter(({ agrees }) => !agrees).map(problemText)).toEqual([]);
    expect(outcomes).toHaveLength(BEHAVIOURS.length);
  }, 300_000);
});
