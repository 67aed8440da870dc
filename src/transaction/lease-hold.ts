import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import { type StratusError, toStratusError } from '../core/errors.ts';
import { leaseLost } from './lease-errors.ts';
import type { LeaseAct, LeasePort } from './lease-port.ts';
import type { LeaseChange, LeaseRecord, OpenMark } from './lease-record.ts';
import type { Permit } from './lease-types.ts';
import { Serial } from './serial.ts';

/** Wall and monotonic clock may drift apart by this much between two renewals before the hold is doubted, ms. */
const DOUBT_MS = 2_000;
const MOVED_ATTEMPTS = 5;

export interface HoldParts {
  readonly label: string;
  readonly port: LeasePort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: string;
  readonly seconds: number;
  /** Somebody else took or removed it. */
  readonly lost: (why: string) => void;
}

/**
 * One acquisition of the Lease, from taking it to giving it back.
 *
 * It is renewed by a timer of the main loop and by nothing else: a loop that hangs stops renewing. Time is the
 * monotonic clock's, counted from before the request that renewed. That clock stops while the machine sleeps; the wall
 * clock doesn't, so where the two disagree the Lease is renewed first and only then relied on. A machine whose both
 * clocks were stopped (a paused virtual machine) can't know: then the marks and versions that every write carries hold.
 */
export class LeaseHold {
  readonly epoch: number;
  readonly #parts: HoldParts;
  readonly #serial = new Serial();
  readonly #flying = new Set<AbortController>();
  readonly #acquiredAt: number;
  #record: LeaseRecord;
  #open: OpenMark | undefined;
  #renewedAt: number;
  #wallAt: number;
  #timer: NodeJS.Timeout | undefined;
  #lapse: NodeJS.Timeout | undefined;
  #stopped = false;
  #ended: string | undefined;
  #renewing: Promise<void> | undefined;

  /** @param sentAt monotonic ms before the request that acquired it */
  constructor(parts: HoldParts, record: LeaseRecord, open: OpenMark | undefined, sentAt: number) {
    this.#parts = parts;
    this.#record = record;
    this.#open = open;
    this.epoch = record.epoch;
    this.#renewedAt = sentAt;
    this.#wallAt = parts.clock.now() - (parts.clock.monotonic() - sentAt);
    this.#acquiredAt = parts.clock.now();
    this.#schedule(this.#ms / 3);
    this.#armLapse();
  }

  get record(): LeaseRecord {
    return this.#record;
  }

  get #ms(): number {
    return this.#parts.seconds * 1_000;
  }

  /** How long it may be relied on yet, ms; a fifteenth is left for clocks that run unequally fast. */
  #left(): number {
    const age = this.#parts.clock.monotonic() - this.#renewedAt;
    return this.#ms * (14 / 15) - age;
  }

  #doubtful(): boolean {
    const { clock } = this.#parts;
    const age = clock.monotonic() - this.#renewedAt;
    return Math.abs(clock.now() - this.#wallAt - age) > DOUBT_MS;
  }

  /** A request that leaves now has time to be answered. */
  #fresh(): boolean {
    return !this.#stopped && this.#left() > this.#ms / 5 && !this.#doubtful();
  }

  async permit(): Promise<Permit> {
    let failed: StratusError | undefined;
    if (this.#ended === undefined && !this.#fresh()) {
      await this.#renewNow().catch((error: unknown) => {
        failed = toStratusError(error);
      });
    }
    if (!this.#fresh()) {
      const why = failed === undefined ? '' : ` ${failed.message}`;
      return {
        kind: 'refused',
        why: this.#ended ?? `The Lease ${this.#parts.label} could not be renewed in time.${why}`,
      };
    }
    const flight = new AbortController();
    this.#flying.add(flight);
    return {
      kind: 'granted',
      signal: flight.signal,
      holds: () => !this.#stopped && this.#left() > 0 && !this.#doubtful(),
      done: () => this.#flying.delete(flight),
    };
  }

  async mark(open: OpenMark): Promise<void> {
    await this.#write('mark', () => {
      this.#open = open;
    });
  }

  /**
   * Stops renewing at once and gives it back.
   * @returns the Lease as it was given back; undefined where it isn't known to be as we left it
   * @throws StratusError when that could not be done now
   */
  async release(open: OpenMark | undefined): Promise<LeaseRecord | undefined> {
    this.stop();
    return await this.#serial.run(async () => {
      if (this.#ended !== undefined) return undefined;
      const change = { ...this.#change(), holder: '', open };
      for (let attempt = 0; attempt < MOVED_ATTEMPTS; attempt++) {
        const { port } = this.#parts;
        const result = await port.write('release', this.#record, change, this.#ms / 3);
        if (result.kind === 'written') return result.record;
        const now = await port.read({ timeoutMs: this.#ms / 3 });
        // Given back after all, or somebody else's by now: whoever wants it next has to look.
        if (now === undefined || !this.#isOurs(now)) return undefined;
        this.#record = now;
      }
      throw leaseLost(`The Lease ${this.#parts.label} changes all the time.`);
    });
  }

  /** Stops renewing and ends what is under way. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lapse);
    this.#abortFlights();
  }

  #renewNow(): Promise<void> {
    this.#renewing ??= this.#write('renew').finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** One write to the Lease; each of them renews it. One after the other, because each is conditioned on the last. */
  #write(act: LeaseAct, change: () => void = () => undefined): Promise<void> {
    return this.#serial.run(async () => {
      change();
      const { port, clock, label } = this.#parts;
      for (let attempt = 0; attempt < MOVED_ATTEMPTS; attempt++) {
        if (this.#ended !== undefined) throw leaseLost(this.#ended);
        const sentAt = clock.monotonic();
        const wallAt = clock.now();
        const result = await port.write(act, this.#record, this.#change(), this.#ms / 3);
        if (result.kind === 'written') {
          this.#record = result.record;
          this.#renewedAt = sentAt;
          this.#wallAt = wallAt;
          this.#armLapse();
          return;
        }
        const now = await port.read({ timeoutMs: this.#ms / 3 });
        if (now === undefined) this.#lose(`The Lease ${label} was deleted.`);
        else if (!this.#isOurs(now)) this.#lose(takenSentence(label, now));
        else this.#record = now;
        if (result.kind === 'unclear' && attempt > 0) throw result.error;
      }
      throw leaseLost(this.#ended ?? `The Lease ${label} changes all the time.`);
    });
  }

  #isOurs({ live, holder, epoch }: LeaseRecord): boolean {
    const same = live.uid === this.#record.live.uid && epoch === this.epoch;
    return same && holder?.identity === this.#parts.identity;
  }

  #change(): LeaseChange {
    const { identity, seconds, clock } = this.#parts;
    return {
      holder: identity,
      epoch: this.epoch,
      seconds,
      acquiredAt: this.#acquiredAt,
      renewedAt: clock.now(),
      open: this.#open,
    };
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#renewNow().then(
        () => this.#schedule(this.#ms / 3),
        (error: unknown) => {
          const { message } = toStratusError(error);
          this.#parts.log.warn({ lease: this.#parts.label, error: message }, 'Lease not renewed');
          this.#schedule(this.#ms / 15);
        },
      );
    }, ms);
    this.#timer.unref();
  }

  #armLapse(): void {
    clearTimeout(this.#lapse);
    if (this.#stopped) return;
    this.#lapse = setTimeout(
      () => {
        if (this.#left() > 0) this.#armLapse();
        else this.#abortFlights();
      },
      Math.max(1, this.#left()),
    );
    this.#lapse.unref();
  }

  #lose(why: string): void {
    this.#ended = why;
    this.stop();
    this.#parts.lost(why);
  }

  #abortFlights(): void {
    for (const flight of this.#flying) flight.abort(leaseLost('The Lease ran out.'));
  }
}

function takenSentence(label: string, { holder, epoch }: LeaseRecord): string {
  const who = holder === undefined ? 'freed by somebody else' : `taken by ${holder.host}`;
  return `The Lease ${label} was ${who} (epoch ${epoch}).`;
}
