import { test } from 'vitest';
import { expectHolds } from '../campaign/small.ts';
import { requireControlPlane, startControlPlane } from '../cluster/index.ts';
import { scenarios } from './campaign.ts';

requireControlPlane();

// A control plane of its own: some plans drain nodes.
test('right plans repair and are kept, worse ones are refused or undone', {
  timeout: 1_200_000,
}, async () => {
  const plane = await startControlPlane({ nodes: 3 });
  try {
    await expectHolds(scenarios, 6, plane);
  } finally {
    await plane.stop();
  }
});
