import type { TestProject } from 'vitest/node';
import { type Availability, inCi } from './availability.ts';
import { findBinaries } from './binaries.ts';
import { logToStderr, startControlPlane } from './control-plane.ts';
import { buildDist } from './dist.ts';
import type { ClusterFacts } from './types.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: Availability<ClusterFacts>;
  }
}

const NODES = 3;
/** All files of a run leave their pods on them: those of a node's usual 110 would be taken before the end. */
const POD_SLOTS = 1_000;

/** Runs once, and only when a test file of the project `cluster` is selected. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const reason = await whyNot();
  if (reason !== undefined && inCi()) throw new Error(`no control plane in CI: ${reason}`);
  await buildDist(logToStderr);
  if (reason !== undefined) {
    logToStderr(`tests that need a cluster are skipped: ${reason}`);
    project.provide('cluster', { kind: 'missing', reason });
    return;
  }
  const plane = await startControlPlane({ nodes: NODES, podSlots: POD_SLOTS });
  project.provide('cluster', { kind: 'ready', facts: plane.facts });
  return () => plane.stop();
}

async function whyNot(): Promise<string | undefined> {
  if (process.env.STRATUS_TEST_CLUSTER === 'off') return 'STRATUS_TEST_CLUSTER=off';
  const binaries = await findBinaries(logToStderr);
  return binaries.kind === 'missing' ? binaries.reason : undefined;
}
