import { randomUUID } from 'node:crypto';
import type { ClusterConnection } from '../cluster/connect.ts';
import { openWriter } from '../cluster/writer.ts';
import { createLease } from './lease.ts';
import { noLease } from './lease-off.ts';
import type { LeaseSettings } from './lease-types.ts';
import { leasedWriter } from './leased-writer.ts';
import type { EngineParts } from './parts.ts';
import { signedWriter } from './signed-writer.ts';

/** What an engine is built on. */
export interface Foundation extends Omit<EngineParts, 'writer' | 'lease' | 'newId'> {
  readonly connection: ClusterConnection;
  /** Keeps out writers of other machines; `off`: only the journal's lock does, on this one. */
  readonly lease: LeaseSettings | 'off';
  /** Sign writes with the epoch of the Lease, for the admission policy that refuses other epochs. */
  readonly fence?: boolean;
  readonly newId?: () => string;
}

/** Opens the door, and puts before it all that decides whether a write may go through. */
export function assemble(foundation: Foundation): EngineParts {
  const { connection, lease: settings, fence = false, newId = randomUUID, ...rest } = foundation;
  const bare = openWriter(connection);
  const lease =
    settings === 'off' ? noLease : createLease(settings, { ...rest, newId, writer: bare });
  const writer = leasedWriter(fence ? signedWriter(bare, lease) : bare, lease);
  return { ...rest, newId, lease, writer };
}
