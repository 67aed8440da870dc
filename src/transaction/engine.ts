import { type ErrorCode, StratusError, toStratusError } from '../core/errors.ts';
import type { TransactionRow } from '../journal/types.ts';
import { abortInTurn, abortSession, armDeadline, TIME_OVER } from './abort.ts';
import { approveAhead } from './approve-call.ts';
import { askingHuman } from './ask-human.ts';
import { assemble, type Foundation } from './assemble.ts';
import { planBatch, runSteps } from './batch.ts';
import { openSession } from './begin.ts';
import { budgetOf, checkBounds } from './bounds.ts';
import { changeOf } from './change.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { FOUGHT } from './commit.ts';
import { waitForCommit } from './commit-call.ts';
import { compile } from './compile.ts';
import { Fight } from './fights.ts';
import { AmbiguousWrite } from './guarded-write.ts';
import { checkIncident } from './incident.ts';
import { breakLease, markOpen, tidyLease } from './lease-calls.ts';
import type { LeaseView } from './lease-types.ts';
import { hasLeft, NEEDS_HUMAN, UNFINISHED } from './left-open.ts';
import { noteTransaction } from './notes.ts';
import type { EngineParts } from './parts.ts';
import { type RecoveryReport, recoverAll } from './recover.ts';
import { recoverLeft } from './recover-left.ts';
import { accept, takeUpAgain, undoCommitted } from './reopen.ts';
import type { ResolveRequest } from './resolve.ts';
import { Seat } from './seat.ts';
import { rowOf, type Session } from './session.ts';
import { checkFits, HalfDone, runStep } from './step.ts';
import { takeBack } from './take-back.ts';
import type {
  BeginRequest,
  Caller,
  CommitOptions,
  CommitResult,
  PlanResult,
  StepRequest,
  StepResult,
  TransactionEngine,
  TransactionView,
  Undone,
} from './types.ts';
import { viewOf } from './view.ts';

/** The transaction layer over a connection. Opens the one door to the cluster and keeps it to itself. */
export function createTransactionEngine(parts: Foundation): TransactionEngine {
  return new Engine(assemble(parts));
}

class Engine implements TransactionEngine {
  readonly #parts: EngineParts;
  readonly #seat: Seat;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#seat = new Seat(parts);
    parts.lease.onLost((why) => this.#leaseLost(why));
  }

  /** Nothing may be written any more; what was is taken back as soon as the Lease is ours again. */
  #leaseLost(why: string): void {
    const session = this.#seat.session;
    if (session === undefined) return;
    abortInTurn(this.#seat, session, why).catch(() => undefined);
  }

  begin(request: BeginRequest, caller: Caller): Promise<TransactionView> {
    const seat = this.#seat;
    return seat.serial.run(async () => {
      seat.refuseSecond();
      const epoch = await seat.occupy({ signal: caller.signal });
      try {
        const identity = await seat.identity();
        checkIncident(this.#parts, request, identity);
        await recoverAll(this.#parts, seat.shapes, epoch, identity, seat.leaving.signal);
        this.#refuseUnresolved(identity);
        const session = await openSession(this.#parts, request, caller, epoch, identity);
        await markOpen(this.#parts, session);
        seat.session = session;
        armDeadline(seat, session);
        return this.view(session.id);
      } catch (error) {
        await seat.vacate();
        throw toStratusError(error);
      }
    });
  }

  async plan(request: StepRequest, caller: Caller, transaction?: string): Promise<PlanResult> {
    const session = this.#sessionOf(transaction);
    const writes = await compile(this.#parts, this.#seat.shapes, request, caller.signal);
    const changes = writes.map((write) => changeOf(this.#parts, write));
    if (session === undefined) {
      checkBounds(this.#parts.policy.bounds, { commands: 0, objects: new Map() }, writes);
      return { changes };
    }
    checkFits(this.#parts, session, writes);
    const now = this.#parts.clock.now();
    return { changes, budget: budgetOf(session.bounds, session.usage, session.deadlineAt, now) };
  }

  plans(requests: readonly StepRequest[], caller: Caller, transaction?: string) {
    const session = this.#sessionOf(transaction);
    return planBatch(this.#parts, this.#seat.shapes, session, requests, caller);
  }

  approve(requests: readonly StepRequest[], caller: Caller): Promise<void> {
    const { shapes } = this.#seat;
    return askingHuman(this.#parts, caller, () =>
      approveAhead(this.#parts, shapes, requests, caller),
    );
  }

  /** The open session of that name; undefined for a call that names none. */
  #sessionOf(transaction: string | undefined): Session | undefined {
    const session = this.#seat.session;
    if (transaction !== undefined && session?.id !== transaction)
      this.#seat.notOpenHere(transaction);
    return transaction === undefined ? undefined : session;
  }

  step(transaction: string, request: StepRequest, caller: Caller): Promise<StepResult> {
    return this.#writing(transaction, caller, (session) =>
      runStep(this.#parts, this.#seat.shapes, session, request, caller),
    );
  }

  steps(transaction: string, requests: readonly StepRequest[], caller: Caller) {
    return this.#writing(transaction, caller, (session) =>
      runSteps(this.#parts, this.#seat.shapes, session, requests, caller),
    );
  }

  #writing<T>(
    transaction: string,
    caller: Caller,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    return askingHuman(this.#parts, caller, () => this.#turn(transaction, work));
  }

  #turn<T>(transaction: string, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#seat.serial.run(async () => {
      const session = this.#seat.open(transaction);
      if (this.#parts.clock.now() >= session.deadlineAt) await this.#abortLate(session);
      try {
        return await work(session);
      } catch (error) {
        if (error instanceof AmbiguousWrite) {
          const lost = `The answer to a write was lost (${error.message}).`;
          return await this.#abortBroken(session, 'outcome_unknown', lost);
        }
        if (error instanceof Fight) {
          const fought = `${FOUGHT} ${error.message}`;
          return await this.#abortBroken(session, 'reconciler_fight', fought);
        }
        if (error instanceof HalfDone) {
          const failed = `The command failed: ${error.message}`;
          return await this.#abortBroken(session, 'undo_conflict', failed);
        }
        throw toStratusError(error);
      }
    });
  }

  async commit(transaction: string, options: CommitOptions): Promise<CommitResult> {
    const session = this.#seat.session;
    const asked = session?.id === transaction && session.commit === undefined;
    // The deadline's timer sleeps while the machine does.
    if (asked && this.#parts.clock.now() >= session.deadlineAt) await this.#abortLate(session);
    return await waitForCommit(this.#seat, transaction, options, (id) => this.view(id));
  }

  async abort(
    transaction: string,
    reason: string,
    caller: Caller,
    resolve?: ResolveRequest,
  ): Promise<Undone> {
    const session = this.#seat.session;
    const here = session?.id === transaction;
    let undo = here ? await abortInTurn(this.#seat, session, reason) : undefined;
    if (undo === undefined || (resolve !== undefined && !undo.complete)) {
      const again = () => takeUpAgain(this.#seat, transaction, reason, caller, resolve);
      undo = await askingHuman(this.#parts, caller, again);
    }
    return { transaction: this.view(transaction), undo };
  }

  undoLast(transaction: string, caller: Caller): Promise<Undone> {
    return this.#seat.serial.run(async () => {
      const { epoch } = this.#seat.open(transaction);
      const steps = this.#parts.journal.transactions.steps(transaction);
      const last = steps.findLast((step) => step.state !== 'UNDONE' && step.state !== 'REJECTED');
      if (last === undefined) {
        throw new StratusError('no_change', `${transaction} has nothing to take back.`, {
          next: 'Go on with mitigate_*, or end it with transaction_commit or transaction_abort.',
        });
      }
      const { command } = last;
      noteTransaction(this.#parts, transaction, 'UNDO_LAST', { command }, caller);
      const request = { transaction, epoch, commands: [command] };
      const undo = await takeBack(this.#parts, this.#seat.shapes, request);
      return { transaction: this.view(transaction), undo };
    });
  }

  async undoCommitted(
    transaction: string,
    caller: Caller,
    resolve?: ResolveRequest,
  ): Promise<Undone> {
    const work = () => undoCommitted(this.#seat, transaction, caller, resolve);
    const undo = await askingHuman(this.#parts, caller, work);
    return { transaction: this.view(transaction), undo };
  }

  view(transaction: string): TransactionView {
    const { journal, clock } = this.#parts;
    const row = rowOf(journal.transactions, transaction);
    return viewOf(journal, clock, row, this.#seat.session);
  }

  list(filter: { open?: boolean; limit: number; offset?: number }) {
    const { journal, clock } = this.#parts;
    const { open, ...page } = filter;
    const states = open ? { states: [...UNFINISHED, ...NEEDS_HUMAN] } : {};
    const { rows, total } = journal.transactions.list({ ...page, ...states });
    const transactions = rows.map((row) => viewOf(journal, clock, row, this.#seat.session));
    return { transactions, total };
  }

  recover(): Promise<RecoveryReport> {
    return this.#seat.serial.run(() => recoverLeft(this.#seat));
  }

  async accept(transaction: string, note: string, caller: Caller): Promise<TransactionView> {
    accept(this.#seat, transaction, note, caller);
    await tidyLease(this.#seat);
    return this.view(transaction);
  }

  cluster(): Promise<ClusterIdentity> {
    return this.#seat.identity();
  }

  lease(options: { timeoutMs: number }): Promise<LeaseView | undefined> {
    return this.#parts.lease.look(options);
  }

  breakLease(note: string, caller: Caller): Promise<LeaseView> {
    return breakLease(this.#seat, note, caller);
  }

  async close(ms: number): Promise<void> {
    this.#seat.closing = true;
    const session = this.#seat.session;
    const reason = new StratusError('cancelled', 'The server was shut down before the commit.');
    this.#seat.leaving.abort(reason);
    if (session === undefined) return;
    session.stop.abort(reason);
    session.leaving.abort(reason);
    const work = abortInTurn(this.#seat, session, reason.message, 0).catch((error: unknown) => {
      const { message } = toStratusError(error);
      this.#parts.log.error({ transaction: session.id, error: message }, 'left for the next start');
    });
    await Promise.race([work, this.#parts.clock.sleep(ms)]);
  }

  async #abortLate(session: Session): Promise<never> {
    await abortSession(this.#seat, session, TIME_OVER);
    throw new StratusError(
      'bound_exceeded',
      `${session.id} was open longer than the policy allows, so it was taken back.`,
      { rule: 'bounds.minutes', next: 'Begin a new transaction.' },
    );
  }

  /** A command that can neither be finished nor taken back alone ends its transaction. */
  async #abortBroken(session: Session, code: ErrorCode, what: string): Promise<never> {
    const undo = await abortSession(this.#seat, session, what).catch(toStratusError);
    const failed = undo instanceof StratusError;
    const after = failed
      ? 'is being taken back in the background until the cluster answers, also after a restart.'
      : `is aborted. ${undo.summary}`;
    throw new StratusError(code, `${what} ${session.id} ${after}`, {
      changed: failed ? 'unknown' : undo.complete ? 'nothing' : 'something',
      next: `Look at it with transaction_status and transaction "${session.id}".`,
    });
  }

  #refuseUnresolved(identity: ClusterIdentity): void {
    const { journal } = this.#parts;
    const { rows } = journal.transactions.list({ states: NEEDS_HUMAN, limit: 100 });
    const left = ({ id }: TransactionRow) => hasLeft(journal.transactions, id);
    const here = rows.filter((row) => identity.isSame(row.cluster) && left(row));
    const ids = here.map(({ id }) => id);
    if (ids.length === 0) return;
    throw new StratusError(
      'recovery_pending',
      `A human has to look first at ${ids.join(', ')}: not everything could be taken back.`,
      {
        next: `transaction_status shows what is left; transaction_abort tries again; a human ends it with: stratus-mcp transactions accept ${ids[0]} --note "…"`,
      },
    );
  }
}
