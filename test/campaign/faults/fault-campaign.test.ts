import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { faultCampaign } from './campaign.ts';

const cluster = useCluster();

test('every fault of the network ends as it should', { timeout: 240_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-faults-'));
  try {
    const { invariants } = await faultCampaign.run({
      seed: 1,
      size: faultCampaign.size.ci,
      only: [],
      say: () => undefined,
      cluster: () => Promise.resolve(cluster),
      folder,
    });
    const broken = invariants.flatMap(({ name, broken }) => broken.map((it) => `${name}: ${it}`));
    expect(broken).toEqual([]);
    for (const { name, checked } of invariants) {
      expect(checked, name).toBeGreaterThan(0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
