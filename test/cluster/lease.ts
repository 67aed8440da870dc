import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoordinationV1Api, KubeConfig } from '@kubernetes/client-node';
import { LEASE_SECONDS, type LeaseSettings } from '../../src/transaction/lease-types.ts';

/** Where nothing answers, that is the test. */
const PATIENCE_MS = 3_000;

/**
 * A Lease for each journal, so that tests which share a control plane don't wait for each other. It stands beside the
 * objects that tests look at, in namespace `default`.
 */
export function leaseFor(journal: string): LeaseSettings {
  const name = `stratus-${createHash('sha256').update(journal).digest('hex').slice(0, 12)}`;
  return { namespace: 'default', name, seconds: LEASE_SECONDS };
}

/** The same, as STRATUS_LEASE takes it. */
export function leaseVariable(journal: string): { readonly STRATUS_LEASE: string } {
  const { namespace, name } = leaseFor(journal);
  return { STRATUS_LEASE: `${namespace}/${name}` };
}

/**
 * Makes a Lease as if somebody had held it before: one that nobody ever held is waited for, as long as a holder of a
 * deleted one could go on. Where it can't be made the server meets the same trouble and tells of it.
 */
export async function makeLease(kubeconfig: string, lease: LeaseSettings): Promise<void> {
  const { namespace, name, seconds } = lease;
  const spec = { leaseTransitions: 1, leaseDurationSeconds: seconds };
  const body = { metadata: { namespace, name }, spec };
  const made = async () => {
    const config = new KubeConfig();
    // A test's own identity may do less than its server's Lease needs.
    const admin = join(dirname(kubeconfig), 'admin');
    config.loadFromFile(existsSync(admin) ? admin : kubeconfig);
    await config.makeApiClient(CoordinationV1Api).createNamespacedLease({ namespace, body });
  };
  await Promise.race([made().catch(() => undefined), sleep(PATIENCE_MS)]);
}
