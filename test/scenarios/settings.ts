import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { ClusterKind } from './types.ts';

const POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

/** Everything that waits for pods, in the time that the pods of a cluster take. */
export interface Pace {
  readonly settle: Readonly<Record<string, number>>;
  /** How long a symptom may take to show, and an oracle or an undo to be satisfied, ms. */
  readonly patienceMs: number;
  /** How long what is repaired has to stay so, ms. */
  readonly sustainedMs: number;
}

const SIMULATED: Pace = {
  settle: {
    timeoutSeconds: 25,
    samples: 3,
    stableSeconds: 3,
    minPodAgeSeconds: 3,
    graceSeconds: 3,
  },
  patienceMs: 30_000,
  // A tenth of 30 s: simulated pods live ten times as fast.
  sustainedMs: 3_000,
};

const REAL: Pace = {
  settle: {
    timeoutSeconds: 150,
    samples: 4,
    stableSeconds: 10,
    minPodAgeSeconds: 10,
    graceSeconds: 10,
  },
  patienceMs: 90_000,
  sustainedMs: 20_000,
};

export const PACES: Readonly<Record<ClusterKind, Pace>> = {
  simulated: SIMULATED,
  embedded: SIMULATED,
  real: REAL,
};

/** The suite's policy with the times of a kind of cluster, and what else is said, as a file. */
export function writePolicy(folder: string, kind: ClusterKind, more: object = {}): string {
  const policy = parse(readFileSync(POLICY, 'utf8')) as { severity: { settle: object } };
  policy.severity.settle = PACES[kind].settle;
  const path = join(folder, `policy-${kind}.yaml`);
  writeFileSync(path, stringify({ ...policy, ...more }));
  return path;
}
