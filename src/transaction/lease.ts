import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { ClusterReader, ClusterWriter } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import { StratusError, toStratusError } from '../core/errors.ts';
import type { Journal } from '../journal/types.ts';
import { leaseHeld, leaseLost, viewOfLease } from './lease-errors.ts';
import { LeaseHold } from './lease-hold.ts';
import { type LeasePort, leasePort } from './lease-port.ts';
import { identityOf, type LeaseRecord, type OpenMark } from './lease-record.ts';
import { type Claimant, claimOf } from './lease-rule.ts';
import type { AcquireOptions, LeaseSettings, LeaseView, WriterLease } from './lease-types.ts';
import { LeaseWatch } from './lease-watch.ts';

export interface LeaseParts {
  readonly reader: ClusterReader;
  /** The unguarded one: the Lease is what guards all other writes. */
  readonly writer: ClusterWriter;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
}

const ATTEMPTS = 20;
const RETRY_MS = 5_000;
const IN_VAIN = 'Others keep changing the Lease.';

/** The one right to write to a cluster, as a coordination.k8s.io/v1 Lease. */
export function createLease(settings: LeaseSettings, parts: LeaseParts): WriterLease {
  return new SharedLease(settings, parts);
}

class SharedLease implements WriterLease {
  readonly shared = true;
  readonly #settings: LeaseSettings;
  readonly #parts: LeaseParts;
  readonly label: string;
  readonly #port: LeasePort;
  readonly #watch: LeaseWatch;
  readonly #me: Claimant;
  #hold: LeaseHold | undefined;
  /** As we gave it back: the next acquisition needs no read, if nobody else came. */
  #last: LeaseRecord | undefined;
  #why: string | undefined;
  #key = '';
  #returning: NodeJS.Timeout | undefined;
  #listener: (why: string) => void = () => undefined;

  constructor(settings: LeaseSettings, parts: LeaseParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.label = `${settings.namespace}/${settings.name}`;
    this.#port = leasePort(settings, parts);
    this.#watch = new LeaseWatch(this.#port, parts.clock);
    const { id: journal, place, transactions } = parts.journal;
    const host = hostname();
    const nonce = randomUUID().slice(0, 8);
    const identity = identityOf({ host, pid: process.pid, journal, place, nonce });
    // A journal notes an epoch before it uses it, so a mark of a later one is another copy's.
    const knows = ({ transaction, epoch }: OpenMark) =>
      transactions.get(transaction) !== undefined && epoch <= this.#noted();
    this.#me = { identity, journal, place, knows };
  }

  get epoch(): number | undefined {
    return this.#hold?.epoch;
  }

  onLost(listener: (why: string) => void): void {
    this.#listener = listener;
  }

  untidy(cluster: string): boolean {
    const note = this.#parts.journal.leases.get(`${cluster} ${this.label}`);
    return this.#hold === undefined && note?.named === true;
  }

  permit() {
    const why = this.#why ?? `The Lease ${this.label} is not held.`;
    return this.#hold?.permit() ?? Promise.resolve({ kind: 'refused' as const, why });
  }

  async acquire({ cluster, open, signal }: AcquireOptions): Promise<void> {
    clearTimeout(this.#returning);
    this.#hold?.stop();
    this.#hold = undefined;
    this.#key = `${cluster} ${this.label}`;
    let known = this.#last;
    this.#last = undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      signal?.throwIfAborted();
      const record = known ?? (await this.#claimable(signal));
      known = undefined;
      if (await this.#take('acquire', record, open)) return;
    }
    throw new StratusError('writer_busy', IN_VAIN);
  }

  /** The Lease, as soon as it may be taken. @throws StratusError writer_busy */
  async #claimable(signal: AbortSignal | undefined): Promise<LeaseRecord> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.#watch.until(
        (record, unchangedMs) => claimOf(record, this.#me, unchangedMs),
        signal,
      );
      if (found.kind === 'busy') throw leaseHeld(viewOfLease(this.label, found.record, this.#me));
      if (found.record !== undefined) return found.record;
      await this.#make();
    }
    throw new StratusError('writer_busy', IN_VAIN);
  }

  /** Free, in epoch 0: whoever wants it waits first, in case that somebody held one that was deleted. */
  async #make(): Promise<void> {
    const { clock, log } = this.#parts;
    const { seconds } = this.#settings;
    const at = clock.now();
    const change = {
      holder: '',
      epoch: 0,
      seconds,
      acquiredAt: at,
      renewedAt: at,
      open: undefined,
    };
    const result = await this.#port.write('make', undefined, change, (seconds * 1_000) / 3);
    if (result.kind === 'unclear') log.warn({ error: result.error.message }, 'Lease: no answer');
    if (result.kind === 'written') log.info({ lease: this.label, seconds }, 'Lease made');
  }

  /** The highest epoch that this journal has used. */
  #noted(): number {
    return this.#parts.journal.leases.get(this.#key)?.epoch ?? 0;
  }

  /** @returns false when somebody else was faster */
  async #take(
    act: 'acquire' | 'break',
    record: LeaseRecord,
    open: string | undefined,
  ): Promise<boolean> {
    const { clock, journal, log } = this.#parts;
    const { seconds } = this.#settings;
    const { identity } = this.#me;
    const epoch = Math.max(record.epoch, this.#noted()) + 1;
    // Noted first: no write may ever go out in an epoch that a later one could be given again.
    journal.leases.set(this.#key, { epoch, named: true });
    const sentAt = clock.monotonic();
    const at = clock.now();
    const mark = open === undefined ? undefined : this.#markOf(open, epoch);
    const holder = act === 'break' ? '' : identity;
    const change = { holder, epoch, seconds, acquiredAt: at, renewedAt: at, open: mark };
    const result = await this.#port.write(act, record, change, (seconds * 1_000) / 3);
    if (result.kind === 'unclear') log.warn({ error: result.error.message }, 'Lease: no answer');
    if (result.kind !== 'written') return false;
    this.#why = undefined;
    if (act === 'break') {
      journal.leases.set(this.#key, { epoch, named: false });
      return true;
    }
    const hold = new LeaseHold(
      {
        label: this.label,
        port: this.#port,
        clock,
        log,
        identity,
        seconds,
        lost: (why) => this.#lost(hold, why),
      },
      result.record,
      mark,
      sentAt,
    );
    this.#hold = hold;
    log.info({ lease: this.label, epoch }, 'Lease acquired');
    return true;
  }

  #lost(hold: LeaseHold, why: string): void {
    if (this.#hold !== hold) return;
    this.#hold = undefined;
    this.#why = why;
    this.#parts.log.error({ lease: this.label, epoch: hold.epoch, why }, 'Lease lost');
    this.#listener(why);
  }

  async mark(transaction: string): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined) throw leaseLost(this.#why ?? `The Lease ${this.label} is not held.`);
    await hold.mark(this.#markOf(transaction, hold.epoch));
  }

  #markOf(transaction: string, epoch: number): OpenMark {
    return { journal: this.#me.journal, host: hostname(), transaction, epoch };
  }

  async release(open: string | undefined): Promise<void> {
    const hold = this.#hold;
    this.#hold = undefined;
    if (hold === undefined) return;
    const mark = open === undefined ? undefined : this.#markOf(open, hold.epoch);
    try {
      await this.#giveBack(hold, mark);
    } catch (error) {
      const { message } = toStratusError(error);
      this.#parts.log.warn({ lease: this.label, error: message }, 'Lease not given back yet');
      this.#giveBackLater(hold, mark);
    }
  }

  abandon(): void {
    this.#hold?.stop();
    this.#hold = undefined;
  }

  async #giveBack(hold: LeaseHold, mark: OpenMark | undefined): Promise<void> {
    this.#last = await hold.release(mark);
    const named = mark !== undefined;
    this.#parts.journal.leases.set(this.#key, { epoch: hold.epoch, named });
  }

  /** It runs out by itself, but a mark on it would stay. */
  #giveBackLater(hold: LeaseHold, mark: OpenMark | undefined): void {
    this.#returning = setTimeout(() => {
      if (this.#hold !== undefined) return;
      this.#giveBack(hold, mark).catch(() => this.#giveBackLater(hold, mark));
    }, RETRY_MS);
    this.#returning.unref();
  }

  async look({ timeoutMs }: { timeoutMs: number }): Promise<LeaseView | undefined> {
    const record = this.#hold?.record ?? (await this.#port.read({ timeoutMs }));
    return record && viewOfLease(this.label, record, this.#me);
  }

  async break(cluster: string, signal?: AbortSignal): Promise<LeaseView> {
    this.#key = `${cluster} ${this.label}`;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.#watch.until((record, unchangedMs) => {
        if (record.holder === undefined) return { kind: 'take' };
        const ms = record.durationMs - unchangedMs;
        return ms <= 0 ? { kind: 'take' } : { kind: 'wait', ms };
      }, signal);
      const view = found.record && viewOfLease(this.label, found.record, this.#me);
      if (found.kind === 'busy' && view !== undefined) throw leaseHeld(view);
      if (found.record === undefined || view === undefined || isFree(view)) {
        throw new StratusError('no_change', `Nobody holds the Lease ${this.label}.`, {
          next: 'There is nothing to free. Name another one with --lease; transaction_status tells which one its server uses.',
        });
      }
      if (found.record.open && this.#me.knows(found.record.open))
        throw ownTransaction(this.label, view);
      if (await this.#take('break', found.record, undefined)) return view;
    }
    throw new StratusError('writer_busy', IN_VAIN);
  }
}

const isFree = ({ holder, open }: LeaseView) => holder === undefined && open === undefined;

function ownTransaction(label: string, { open }: LeaseView): StratusError {
  return new StratusError(
    'transaction_state',
    `The Lease ${label} names ${open?.transaction ?? 'a transaction'} of this very journal.`,
    {
      next: 'Take it back with: stratus-mcp transactions recover. What a human has to decide: stratus-mcp transactions list --open',
    },
  );
}
