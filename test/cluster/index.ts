/**
 * The real control plane for tests.
 *
 * A test file whose name ends in `.unit.test.ts` runs without a cluster (`npx vitest run --project
 * unit`). One whose name ends in `.nodes.test.ts` starts real nodes of its own with
 * `startControlPlane({ nodes: 3, kubelets: 'real' })` and asks `withoutRealNodes()` first (project
 * `nodes`). Every other `.test.ts` file is in the project `cluster`, whose files share one control
 * plane with three simulated nodes, started once per run. The shared one is used like this:
 *
 * ```ts
 * import { objectsOf } from '../../src/core/json.ts';
 * import { at, useCluster } from '../cluster/index.ts';
 *
 * const cluster = useCluster();
 *
 * test('a Deployment becomes available', async () => {
 *   const namespace = await cluster.namespace();
 *   await cluster.apply(deployment(namespace));
 *   await cluster.waitFor('two available replicas', async () => {
 *     const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
 *     const { json } = await cluster.request('GET', path);
 *     return at(json, 'status', 'availableReplicas') === 2;
 *   });
 * });
 * ```
 *
 * Give each test a namespace of its own: files run side by side. Point the code under test at the
 * cluster with `cluster.kubeconfig('mitigator', { namespace })`, and see with `readAuditLog(cluster)`
 * what the API server says that it wrote. A file whose transactions are on all namespaces (`*`) is
 * alone on its control plane, `await useOwnCluster()`: severity counts there what others break. A
 * test that breaks its control plane (pause, restart, other flags) calls `requireControlPlane()` at
 * the top of its file, starts its own with `startControlPlane()` and stops it.
 *
 * Without binaries and without Go these files are skipped, with one reason printed; with CI=true
 * that is an error. STRATUS_TEST_CLUSTER=off skips them too.
 */
import { afterAll, inject } from 'vitest';
import { markClusterNeeded } from './availability.ts';
import { createClient } from './client.ts';
import { type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
import type {} from './global-setup.ts';
import type { ControlPlaneClient } from './types.ts';

export { at, objectsOf, stringOf } from '../../src/core/json.ts';
export { type AuditEvent, readAuditLog } from './audit-log.ts';
export * from './types.ts';
export { type ControlPlaneOptions, startControlPlane };

/** For the top of a test file: the run's shared control plane. The file is skipped without one. */
export function useCluster(): ControlPlaneClient {
  requireControlPlane();
  const cluster = inject('cluster');
  if (cluster === undefined) {
    throw new Error(
      'useCluster() needs the vitest project `cluster`: no .unit.test.ts file has it',
    );
  }
  // The runner skips the file before anything is asked of this client.
  const facts = cluster.kind === 'ready' ? cluster.facts : UNREACHABLE;
  const client = createClient(facts);
  afterAll(() => client.close());
  return client;
}

/**
 * As `useCluster`, for a file that must be alone on its control plane, because it writes to or measures
 * what belongs to no namespace. Starts one (about 8 s); it stops with the file.
 */
export async function useOwnCluster(
  options: ControlPlaneOptions = { nodes: 3 },
): Promise<ControlPlaneClient> {
  requireControlPlane();
  if (inject('cluster').kind === 'missing') return createClient(UNREACHABLE);
  const plane = await startControlPlane(options);
  afterAll(() => plane.stop());
  return plane;
}

/** For the top of a test file that starts control planes of its own: skips it where none can be. */
export function requireControlPlane(): void {
  markClusterNeeded(true);
}

const UNREACHABLE = {
  server: 'https://127.0.0.1:9',
  caPem: '',
  folder: '',
  auditLogPath: '',
  tokens: { admin: '', reader: '', mitigator: '', nobody: '' },
  nodes: [],
};
