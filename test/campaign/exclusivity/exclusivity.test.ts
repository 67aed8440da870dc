import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { exclusivity } from './campaign.ts';

const cluster = useCluster();

test('writes of one epoch at a time, whatever happens to the writer', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-exclusivity-'));
  try {
    const { invariants } = await exclusivity.run({
      seed: 3,
      size: exclusivity.size.ci,
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
