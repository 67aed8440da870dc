import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { crashCampaign } from './campaign.ts';

const cluster = useCluster();

test('servers that are killed leave nothing half done', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-crashes-'));
  try {
    const { invariants } = await crashCampaign.run({
      seed: 1,
      size: crashCampaign.size.ci,
      only: [],
      say: () => undefined,
      cluster: async () => cluster,
      folder,
    });
    for (const { name, checked, broken } of invariants) {
      expect(broken, name).toEqual([]);
      expect(checked, name).toBeGreaterThan(0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
