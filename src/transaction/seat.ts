import { StratusError, toStratusError } from '../core/errors.ts';
import type { StepState } from '../journal/types.ts';
import { lockBusy } from './answers.ts';
import { cancelQuestions } from './approve.ts';
import { type ClusterIdentity, identify } from './cluster-identity.ts';
import { leftOpen } from './left-open.ts';
import type { EngineParts } from './parts.ts';
import { Serial } from './serial.ts';
import { rowOf, type Session } from './session.ts';
import { Shapes } from './shapes.ts';

const SOUND: readonly StepState[] = ['VERIFIED', 'REJECTED', 'UNDONE'];

/** The writer's seat: at most one open transaction of this process, and the lock that comes with it (A1). */
export class Seat {
  readonly parts: EngineParts;
  readonly shapes: Shapes;
  readonly serial = new Serial();
  session: Session | undefined;
  /** Set once at shutdown: nothing is retried any more. */
  closing = false;
  /** Aborts at shutdown. */
  readonly leaving = new AbortController();

  #identity: Promise<ClusterIdentity> | undefined;
  #vacating: Promise<void> = Promise.resolve();

  constructor(parts: EngineParts) {
    this.parts = parts;
    this.shapes = new Shapes(parts.reader);
  }

  /** Asked once; a failure is not remembered. */
  identity(): Promise<ClusterIdentity> {
    this.#identity ??= identify(this.parts.reader).catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  /**
   * The right to write: the journal's lock, then the Lease. Every holder of the seat gives it back with {@link vacate}.
   * @param open the transaction that is taken up; else one that is unfinished, if there is one
   * @throws StratusError writer_busy with the holder, and what keeps the Lease from being had
   */
  async occupy(options: { open?: string; signal?: AbortSignal | undefined } = {}): Promise<number> {
    await this.#vacating;
    return this.#occupied(this.takeLock(), options);
  }

  /** The same, but undefined where another process holds the journal's lock. */
  async tryOccupy(): Promise<number | undefined> {
    await this.#vacating;
    const lock = this.parts.journal.lock.acquire();
    return lock.kind === 'busy' ? undefined : this.#occupied(lock.epoch, {});
  }

  async #occupied(
    epoch: number,
    options: { open?: string; signal?: AbortSignal | undefined },
  ): Promise<number> {
    try {
      await this.#lease(options);
      return epoch;
    } catch (error) {
      this.parts.journal.lock.release();
      throw error;
    }
  }

  /** The Lease again, where the lock was kept and it was lost. @throws StratusError */
  async regain(): Promise<void> {
    if (this.parts.lease.shared && this.parts.lease.epoch === undefined) await this.#lease({});
  }

  async #lease(options: { open?: string; signal?: AbortSignal | undefined }): Promise<void> {
    const identity = await this.identity();
    const open = options.open ?? leftOpen(this.parts.journal.transactions, identity);
    await this.parts.lease.acquire({ cluster: identity.key, open, signal: options.signal });
  }

  /** Lease, then lock. What is left unfinished stays named on the Lease. */
  vacate(): Promise<void> {
    const { journal, lease } = this.parts;
    const work = async () => {
      try {
        const identity = await this.identity();
        await lease.release(leftOpen(journal.transactions, identity));
      } catch (error) {
        // What is left can't be told, so nobody else may take it for nothing: the mark stays and the Lease runs out.
        lease.abandon();
        this.parts.log.warn(
          { error: toStratusError(error).message },
          'the Lease is left to run out',
        );
      } finally {
        journal.lock.release();
      }
    };
    const working = work();
    this.#vacating = working.catch(() => undefined);
    return working;
  }

  /** @throws StratusError writer_busy with the holder */
  takeLock(): number {
    const { lock: held } = this.parts.journal;
    if (held.held) throw new StratusError('writer_busy', 'This server is writing just now.');
    const lock = this.parts.journal.lock.acquire();
    if (lock.kind === 'held') return lock.epoch;
    throw lockBusy(lock.holder);
  }

  /** @throws StratusError writer_busy when this process has a transaction open */
  refuseSecond(): void {
    const session = this.session;
    if (session === undefined) return;
    throw new StratusError('writer_busy', `${session.id} is open; there is one writer at a time.`, {
      rule: 'A1 writer exclusivity',
      next: `Go on with it by giving transaction "${session.id}", or end it with transaction_commit or transaction_abort.`,
      details: { transaction: session.id },
    });
  }

  /** The open session of that name, ready for a command. */
  open(transaction: string): Session {
    const session = this.session;
    if (session?.id !== transaction) this.notOpenHere(transaction);
    const ending = session?.commit !== undefined || session?.abort !== undefined;
    // An abort that failed is tried again later; until then the journal alone says that it began.
    const { state } = rowOf(this.parts.journal.transactions, transaction);
    if (session === undefined || ending || state !== 'OPEN') {
      throw this.stateError(transaction, 'take commands');
    }
    this.refuseHalfDone(transaction);
    return session;
  }

  /** A command that was neither finished nor taken back: nothing may be added to it, and it may not be kept. */
  refuseHalfDone(transaction: string): void {
    const half = this.parts.journal.transactions.steps(transaction, { notIn: SOUND });
    if (half.length === 0) return;
    const names = half.map(({ kind, name, state }) => `${kind}/${name} (${state})`).join(', ');
    throw new StratusError(
      'transaction_state',
      `${transaction} has a command that was neither finished nor taken back: ${names}.`,
      { next: `Call transaction_abort with transaction "${transaction}".`, changed: 'something' },
    );
  }

  notOpenHere(transaction: string): never {
    const row = rowOf(this.parts.journal.transactions, transaction);
    if (row.state !== 'OPEN') throw this.stateError(transaction, 'take commands');
    throw new StratusError(
      'writer_busy',
      `${transaction} is open in another process; only that one can go on with it.`,
    );
  }

  stateError(transaction: string, what: string): StratusError {
    const { state, outcome } = rowOf(this.parts.journal.transactions, transaction);
    return new StratusError(
      'transaction_state',
      `${transaction} is ${state} and can't ${what}.${outcome ? ` ${cut(outcome)}` : ''}`,
    );
  }

  /** Gives the seat free once the transaction has come to an end. */
  async leave(session: Session): Promise<void> {
    clearTimeout(session.deadline);
    if (this.session !== session) return;
    this.session = undefined;
    cancelQuestions(this.parts, session.id);
    await this.vacate();
  }
}

/** Enough to recognise; transaction_status has the whole. */
function cut(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}
