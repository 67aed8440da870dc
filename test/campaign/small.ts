import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ControlPlaneClient } from '../cluster/types.ts';
import type { Campaign } from './types.ts';

/**
 * Runs a campaign in the size of CI, repeatably, and expects that all of its invariants were looked at and hold.
 * @param cluster absent for a campaign that starts its own control plane
 */
export async function expectHolds(
  campaign: Campaign,
  seed: number,
  cluster?: ControlPlaneClient,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `stratus-${campaign.name}-`));
  try {
    const { invariants } = await campaign.run({
      seed,
      size: campaign.size.ci,
      only: [],
      say: () => undefined,
      cluster: async () => {
        if (cluster === undefined) throw new Error(`${campaign.name} starts its own control plane`);
        return cluster;
      },
      folder,
    });
    for (const { name, checked, broken } of invariants) {
      expect(broken, name).toEqual([]);
      expect(checked, name).toBeGreaterThan(0);
    }
    expect(invariants).not.toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
