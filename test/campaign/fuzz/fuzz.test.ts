import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { fuzz } from './campaign.ts';

const cluster = useCluster();

test('hostile inputs break nothing, open nothing and let no secret out', {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-fuzz-'));
  try {
    const { invariants, totals } = await fuzz.run({
      seed: 20,
      size: fuzz.size.ci,
      only: [],
      say: () => undefined,
      cluster: async () => cluster,
      folder,
    });
    expect(invariants.flatMap(({ broken }) => broken)).toEqual([]);
    expect(invariants.filter(({ checked }) => checked === 0)).toEqual([]);
    expect(totals.inputs).toBe(fuzz.size.ci);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
