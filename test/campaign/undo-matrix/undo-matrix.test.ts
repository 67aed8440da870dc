import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { undoMatrix } from './campaign.ts';

const cluster = useCluster();

test('every write is told its class before, and taken back as the matrix says', {
  timeout: 240_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-matrix-'));
  try {
    const { invariants } = await undoMatrix.run({
      seed: 1,
      size: undoMatrix.size.ci,
      only: [],
      say: () => undefined,
      cluster: () => Promise.resolve(cluster),
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
