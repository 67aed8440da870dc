import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireControlPlane } from '../../cluster/index.ts';
import { planWritesNothing } from './campaign.ts';

requireControlPlane();

test('no plan of any tool changes anything in the cluster', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-plans-'));
  try {
    const { invariants } = await planWritesNothing.run({
      seed: 1,
      size: planWritesNothing.size.ci,
      only: [],
      say: () => undefined,
      cluster: () => Promise.reject(new Error('it starts its own')),
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
