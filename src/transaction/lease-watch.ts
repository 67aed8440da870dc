import type { Clock } from '../core/clock.ts';
import type { LeasePort } from './lease-port.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { Claim } from './lease-rule.ts';

export type Watched =
  | { readonly kind: 'free'; readonly record: LeaseRecord | undefined }
  | { readonly kind: 'busy'; readonly record: LeaseRecord };

/** Looks at least so often whether a holder renews, ms. */
const POLL_MS = 500;

/**
 * Watches somebody else's Lease and remembers since when it is unchanged: on this process's monotonic clock, and only
 * as seen by this process. That clock stops while the machine sleeps, which makes us wait longer, never shorter.
 */
export class LeaseWatch {
  readonly #port: LeasePort;
  readonly #clock: Clock;
  #seen: { version: string; since: number } | undefined;

  constructor(port: LeasePort, clock: Clock) {
    this.#port = port;
    this.#clock = clock;
  }

  /** Resolves when the claim says take or foreign, or a holder was seen to renew. @throws StratusError */
  async until(
    claim: (record: LeaseRecord, unchangedMs: number) => Claim,
    signal?: AbortSignal,
  ): Promise<Watched> {
    let first: string | undefined;
    for (;;) {
      const record = await this.#port.read(signal === undefined ? {} : { signal });
      if (record === undefined) return { kind: 'free', record };
      const version = `${record.live.uid} ${record.live.resourceVersion}`;
      const now = this.#clock.monotonic();
      if (this.#seen?.version !== version) this.#seen = { version, since: now };
      const verdict = claim(record, now - this.#seen.since);
      if (verdict.kind === 'take') return { kind: 'free', record };
      first ??= version;
      // It changed while we looked: whoever holds it is alive. Where nobody does, somebody only touched it.
      const isRenewed = first !== version && record.holder !== undefined;
      if (verdict.kind === 'foreign' || isRenewed) return { kind: 'busy', record };
      await this.#clock.sleep(Math.min(POLL_MS, verdict.ms), signal);
    }
  }
}
