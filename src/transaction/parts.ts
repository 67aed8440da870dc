import type { Logger } from 'pino';
import type { ClusterReader, ClusterWriter } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Journal } from '../journal/types.ts';
import type { Policy } from '../policy/types.ts';
import type { SeverityMeter } from '../severity/types.ts';
import type { WriterLease } from './lease-types.ts';

/** What the transaction layer is made of. Handed in once, so that tests can own time and ids. */
export interface EngineParts {
  readonly reader: ClusterReader;
  /** Sends only while the Lease is held. */
  readonly writer: ClusterWriter;
  readonly lease: WriterLease;
  readonly journal: Journal;
  readonly policy: Policy;
  readonly meter: SeverityMeter;
  readonly clock: Clock;
  readonly log: Logger;
  /** A new UUID: intent ids, which are Audit-IDs too. */
  readonly newId: () => string;
}
