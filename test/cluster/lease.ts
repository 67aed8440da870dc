import { createHash } from 'node:crypto';
import { LEASE_SECONDS, type LeaseSettings } from '../../src/transaction/lease-types.ts';

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
