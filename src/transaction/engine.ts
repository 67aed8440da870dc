import { randomUUID } from 'node:crypto';
import type { ClusterConnection } from '../cluster/connect.ts';
import type { ClusterReader } from '../cluster/types.ts';
import { openWriter } from '../cluster/writer.ts';
import { StratusError, toStratusError } from '../core/errors.ts';
import type { TransactionRow, TransactionState } from '../journal/types.ts';
import type { Measurement, Verdict } from '../severity/types.ts';
import { openSession } from './begin.ts';
import { budgetOf } from './bounds.ts';
import { undoWhole } from './close-undone.ts';
import { runCommit } from './commit.ts';
import { changeOf, compile } from './compile.ts';
import { AmbiguousWrite } from './guarded-write.ts';
import { noteTransaction } from './notes.ts';
import { clusterName, type EngineParts } from './parts.ts';
import { NEEDS_HUMAN, type RecoveryReport, recoverAll, UNFINISHED } from './recover.ts';
import { Serial } from './serial.ts';
import { rowOf, type Session } from './session.ts';
import { Shapes } from './shapes.ts';
import { runStep } from './step.ts';
import { takeBack } from './take-back.ts';
import { fromJson } from './to-json.ts';
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
  UndoReport,
} from './types.ts';
import { viewOf } from './view.ts';

const RETRY_MS = 5_000;

/** The transaction layer over a connection. Opens the one door to the cluster and keeps it to itself. */
export function createTransactionEngine(
  parts: Omit<EngineParts, 'writer' | 'newId'> & {
    connection: ClusterConnection;
    reader: ClusterReader;
    newId?: () => string;
  },
): TransactionEngine {
  const { connection, newId = randomUUID, ...rest } = parts;
  return new Engine({ ...rest, newId, writer: openWriter(connection) });
}

class Engine implements TransactionEngine {
  readonly #parts: EngineParts;
  readonly #shapes: Shapes;
  readonly #serial = new Serial();
  #session: Session | undefined;
  #closing = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#shapes = new Shapes(parts.reader);
  }

  begin(request: BeginRequest, caller: Caller): Promise<TransactionView> {
    return this.#serial.run(async () => {
      this.#refuseSecond();
      const epoch = this.#takeLock();
      try {
        const report = await recoverAll(this.#parts, this.#shapes, epoch);
        this.#refuseUnresolved(report);
        const session = await openSession(this.#parts, request, caller, epoch);
        this.#session = session;
        this.#armDeadline(session);
        return this.view(session.id);
      } catch (error) {
        this.#parts.journal.lock.release();
        throw toStratusError(error);
      }
    });
  }

  async plan(request: StepRequest, caller: Caller, transaction?: string): Promise<PlanResult> {
    const writes = await compile(this.#parts, this.#shapes, request, caller.signal);
    const changes = writes.map((write) => changeOf(this.#parts, write));
    const session = this.#session;
    if (transaction !== undefined && session?.id !== transaction) this.#notOpenHere(transaction);
    if (transaction === undefined || session === undefined) return { changes };
    const now = this.#parts.clock.now();
    return { changes, budget: budgetOf(session.bounds, session.usage, session.deadlineAt, now) };
  }

  step(transaction: string, request: StepRequest, caller: Caller): Promise<StepResult> {
    return this.#serial.run(async () => {
      const session = this.#openSession(transaction);
      if (this.#parts.clock.now() >= session.deadlineAt) {
        await this.#abortSession(session, 'The time bound of the transaction was over.');
        throw new StratusError(
          'bound_exceeded',
          `${transaction} was open longer than the policy allows, so it was taken back.`,
          {
            rule: 'bounds.minutes',
            next: 'Begin a new transaction.',
          },
        );
      }
      try {
        return await runStep(this.#parts, this.#shapes, session, request, caller);
      } catch (error) {
        if (!(error instanceof AmbiguousWrite)) throw toStratusError(error);
        return await this.#abortAmbiguous(session, error);
      }
    });
  }

  async #abortAmbiguous(session: Session, error: AmbiguousWrite): Promise<never> {
    const lost = `The answer to a write was lost (${error.message}).`;
    const undo = await this.#abortSession(session, lost).catch((failed: unknown) =>
      toStratusError(failed),
    );
    const after =
      undo instanceof StratusError
        ? 'It is being taken back in the background until the cluster answers, also after a restart.'
        : undo.summary;
    throw new StratusError('outcome_unknown', `${lost} ${session.id} is aborted. ${after}`, {
      changed: undo instanceof StratusError || !undo.complete ? 'unknown' : 'nothing',
    });
  }

  async commit(transaction: string, options: CommitOptions, caller: Caller): Promise<CommitResult> {
    const session = this.#session;
    if (session?.id !== transaction) return this.#ended(transaction);
    if (session.abort !== undefined) {
      await session.abort;
      return this.#ended(transaction);
    }
    // Wrapped, because a promise returned from a job would be waited for inside the queue.
    const { job } = await this.#serial.run(async () => {
      session.commit ??= this.#startCommit(session, caller);
      return { job: session.commit };
    });
    const listener = (sample: Measurement, elapsedMs: number) =>
      options.onProgress?.({
        elapsedMs,
        severity: sample.severity,
        note: sample.unsettled[0] ?? 'settled so far',
      });
    session.listeners.add(listener);
    const timer = new AbortController();
    try {
      const patience = this.#parts.clock.sleep(options.waitMs, timer.signal).then(
        () => undefined,
        () => undefined,
      );
      const ended = await Promise.race([job, patience]);
      return (
        ended ?? {
          kind: 'settling',
          transaction: this.view(transaction),
          unsettled: session.lastUnsettled,
        }
      );
    } finally {
      timer.abort();
      session.listeners.delete(listener);
    }
  }

  #startCommit(session: Session, caller: Caller): Promise<CommitResult> {
    const { journal } = this.#parts;
    if (!journal.transactions.move(session.id, ['OPEN'], 'SETTLING', session.epoch)) {
      throw this.#stateError(session.id, 'commit');
    }
    noteTransaction(this.#parts, session.id, 'SETTLING', {}, caller);
    const job = runCommit(this.#parts, this.#shapes, session, () => this.view(session.id)).then(
      (ending) => {
        this.#end(session);
        return { ...ending, transaction: this.view(session.id) };
      },
      (error: unknown) => {
        this.#keepTrying(session);
        throw toStratusError(error);
      },
    );
    job.catch(() => undefined);
    return job;
  }

  async abort(
    transaction: string,
    reason: string,
    caller: Caller,
  ): Promise<{ transaction: TransactionView; undo: UndoReport }> {
    const session = this.#session;
    if (session?.id !== transaction) return this.#takeUpAgain(transaction, reason, caller);
    const undo = await this.#abortSession(session, reason);
    return { transaction: this.view(transaction), undo };
  }

  undoLast(
    transaction: string,
    caller: Caller,
  ): Promise<{ transaction: TransactionView; undo: UndoReport }> {
    return this.#serial.run(async () => {
      const session = this.#openSession(transaction);
      const steps = this.#parts.journal.transactions.steps(transaction);
      const last = steps.findLast((step) => step.state !== 'UNDONE' && step.state !== 'REJECTED');
      if (last === undefined)
        throw new StratusError('no_change', `${transaction} has nothing to take back.`);
      noteTransaction(this.#parts, transaction, 'UNDO_LAST', { command: last.command }, caller);
      const undo = await takeBack(this.#parts, this.#shapes, {
        transaction,
        epoch: session.epoch,
        commands: [last.command],
      });
      return { transaction: this.view(transaction), undo };
    });
  }

  undoCommitted(
    transaction: string,
    caller: Caller,
  ): Promise<{ transaction: TransactionView; undo: UndoReport }> {
    const row = rowOf(this.#parts.journal.transactions, transaction);
    if (row.state === 'UNDO_INCOMPLETE')
      return this.#takeUpAgain(transaction, 'Taken up again.', caller);
    if (row.state !== 'COMMITTED') throw this.#stateError(transaction, 'be undone as committed');
    return this.#whileLocked(row, (epoch) =>
      this.#undoRow(row, epoch, ['COMMITTED'], `Taken back on request of ${caller.actor}.`),
    );
  }

  view(transaction: string): TransactionView {
    const { journal, clock } = this.#parts;
    return viewOf(journal, clock, rowOf(journal.transactions, transaction), this.#session);
  }

  list(filter: { open?: boolean; limit: number; offset?: number }): {
    transactions: TransactionView[];
    total: number;
  } {
    const { journal, clock } = this.#parts;
    const { open, ...page } = filter;
    const states = open ? [...UNFINISHED, ...NEEDS_HUMAN] : undefined;
    const { rows, total } = journal.transactions.list({
      ...page,
      ...(states === undefined ? {} : { states }),
    });
    return { transactions: rows.map((row) => viewOf(journal, clock, row, this.#session)), total };
  }

  recover(): Promise<RecoveryReport> {
    return this.#serial.run(async () => {
      if (this.#session !== undefined) return { recovered: [], needsHuman: [], busy: false };
      if (this.#parts.journal.transactions.list({ states: UNFINISHED, limit: 1 }).total === 0) {
        return { recovered: [], needsHuman: [], busy: false };
      }
      const lock = this.#parts.journal.lock.acquire();
      if (lock.kind === 'busy') return { recovered: [], needsHuman: [], busy: true };
      try {
        return await recoverAll(this.#parts, this.#shapes, lock.epoch);
      } finally {
        this.#parts.journal.lock.release();
      }
    });
  }

  accept(transaction: string, note: string, caller: Caller): TransactionView {
    const { journal, clock } = this.#parts;
    const row = rowOf(journal.transactions, transaction);
    if (!NEEDS_HUMAN.includes(row.state)) throw this.#stateError(transaction, 'be accepted');
    const epoch = this.#takeLock();
    try {
      journal.transactions.adopt(transaction, epoch);
      const to = row.state === 'UNDO_INCOMPLETE' ? 'UNDONE' : 'ABORTED';
      journal.transactions.move(transaction, [row.state], to, epoch, {
        closedAt: clock.now(),
        outcome: `Accepted as it is by ${caller.actor}: ${note}`,
      });
      noteTransaction(this.#parts, transaction, 'ACCEPTED', { note, by: caller.actor }, caller);
    } finally {
      journal.lock.release();
    }
    return this.view(transaction);
  }

  async close(ms: number): Promise<void> {
    this.#closing = true;
    const session = this.#session;
    if (session === undefined) return;
    const reason = new StratusError('cancelled', 'The server was shut down before the commit.');
    session.stop.abort(reason);
    const work = this.#abortSession(session, reason.message, 0).catch((error: unknown) => {
      this.#parts.log.error(
        { transaction: session.id, error: toStratusError(error).message },
        'left for the next start to take back',
      );
    });
    await Promise.race([work, this.#parts.clock.sleep(ms)]);
  }

  /** Takes the session's transaction back, or joins the abort or commit that is under way. */
  #abortSession(
    session: Session,
    reason: string,
    measureMs = this.#settleMs(),
  ): Promise<UndoReport> {
    session.abort ??= this.#doAbort(session, reason, measureMs);
    return session.abort;
  }

  async #doAbort(session: Session, reason: string, measureMs: number): Promise<UndoReport> {
    if (session.commit !== undefined) {
      session.stop.abort(new StratusError('cancelled', reason));
      const ending = await session.commit;
      if (ending.kind === 'undone') return ending.undo;
      throw this.#stateError(session.id, 'be aborted');
    }
    try {
      const undo = await undoWhole(this.#parts, this.#shapes, {
        transaction: session.id,
        epoch: session.epoch,
        from: ['OPEN', 'SETTLING'],
        via: 'ABORTING',
        done: 'ABORTED',
        incomplete: 'ABORT_INCOMPLETE',
        reason,
        baseline: session.baseline,
        measureMs,
      });
      this.#end(session);
      return undo;
    } catch (error) {
      session.abort = undefined;
      this.#keepTrying(session);
      throw toStratusError(error);
    }
  }

  /** The cluster didn't answer: what is open is taken back as soon as it does. */
  #keepTrying(session: Session): void {
    if (this.#closing || this.#session !== session) return;
    const timer = setTimeout(() => {
      const retry = async () => {
        const epoch = session.epoch;
        await recoverAll(this.#parts, this.#shapes, epoch);
        this.#end(session);
      };
      this.#serial.run(retry).catch((error: unknown) => {
        this.#parts.log.warn(
          { transaction: session.id, error: toStratusError(error).message },
          'still not taken back',
        );
        this.#keepTrying(session);
      });
    }, RETRY_MS);
    timer.unref();
  }

  #end(session: Session): void {
    clearTimeout(session.deadline);
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#parts.journal.lock.release();
  }

  #armDeadline(session: Session): void {
    const left = session.deadlineAt - this.#parts.clock.now();
    session.deadline = setTimeout(() => {
      this.#parts.log.warn(
        { transaction: session.id },
        'time bound over: taking the transaction back',
      );
      this.#abortSession(session, 'The time bound of the transaction was over.').catch(
        () => undefined,
      );
    }, left);
    session.deadline.unref();
  }

  /** Goes on with a transaction that is not open in this process: one that needed a human, or a dead process's. */
  async #takeUpAgain(
    transaction: string,
    reason: string,
    caller: Caller,
  ): Promise<{ transaction: TransactionView; undo: UndoReport }> {
    const row = rowOf(this.#parts.journal.transactions, transaction);
    if (!NEEDS_HUMAN.includes(row.state) && !UNFINISHED.includes(row.state)) {
      throw this.#stateError(transaction, 'be aborted');
    }
    return this.#whileLocked(row, (epoch) => {
      noteTransaction(this.#parts, transaction, 'TAKEN_UP_AGAIN', { reason }, caller);
      return this.#undoRow(row, epoch, [row.state], reason);
    });
  }

  #whileLocked(
    row: TransactionRow,
    work: (epoch: number) => Promise<UndoReport>,
  ): Promise<{ transaction: TransactionView; undo: UndoReport }> {
    return this.#serial.run(async () => {
      this.#refuseSecond();
      if (row.cluster !== clusterName(this.#parts.reader)) {
        throw new StratusError(
          'transaction_state',
          `${row.id} was made on another cluster: ${row.cluster}.`,
          {
            next: 'Start the server with the kubeconfig context of that cluster.',
          },
        );
      }
      const epoch = this.#takeLock();
      try {
        this.#parts.journal.transactions.adopt(row.id, epoch);
        const undo = await work(epoch);
        return { transaction: this.view(row.id), undo };
      } catch (error) {
        throw toStratusError(error);
      } finally {
        this.#parts.journal.lock.release();
      }
    });
  }

  #undoRow(
    row: TransactionRow,
    epoch: number,
    from: readonly TransactionState[],
    reason: string,
  ): Promise<UndoReport> {
    const wasCommitted =
      row.state === 'COMMITTED' || row.state === 'UNDO_INCOMPLETE' || row.state === 'UNDOING';
    return undoWhole(this.#parts, this.#shapes, {
      transaction: row.id,
      epoch,
      from,
      via: wasCommitted ? 'UNDOING' : 'ABORTING',
      done: wasCommitted ? 'UNDONE' : 'ABORTED',
      incomplete: wasCommitted ? 'UNDO_INCOMPLETE' : 'ABORT_INCOMPLETE',
      reason,
      baseline: wasCommitted ? undefined : fromJson<Measurement>(row.before),
      measureMs: this.#settleMs(),
    });
  }

  #settleMs(): number {
    return this.#parts.policy.severity.settle.timeoutSeconds * 1_000;
  }

  #openSession(transaction: string): Session {
    const session = this.#session;
    if (session?.id !== transaction) this.#notOpenHere(transaction);
    if (session === undefined || session.commit !== undefined || session.abort !== undefined) {
      throw this.#stateError(transaction, 'take commands');
    }
    return session;
  }

  #notOpenHere(transaction: string): never {
    const row = rowOf(this.#parts.journal.transactions, transaction);
    if (row.state !== 'OPEN') throw this.#stateError(transaction, 'take commands');
    throw new StratusError(
      'writer_busy',
      `${transaction} is open in another process; only that one can go on with it.`,
    );
  }

  #refuseSecond(): void {
    const session = this.#session;
    if (session === undefined) return;
    throw new StratusError('writer_busy', `${session.id} is open; there is one writer at a time.`, {
      rule: 'A1 writer exclusivity',
      next: `Go on with it by giving transaction "${session.id}", or end it with transaction_commit or transaction_abort.`,
      details: { transaction: session.id },
    });
  }

  #takeLock(): number {
    const lock = this.#parts.journal.lock.acquire();
    if (lock.kind === 'held') return lock.epoch;
    const { pid, since, description } = lock.holder;
    throw new StratusError(
      'writer_busy',
      `Another process is writing: ${description} (pid ${pid}, since ${new Date(since).toISOString()}).`,
      {
        rule: 'A1 writer exclusivity',
      },
    );
  }

  #refuseUnresolved(report: RecoveryReport): void {
    const waiting = this.#parts.journal.transactions.list({ states: NEEDS_HUMAN, limit: 100 }).rows;
    const ids = [...new Set([...report.needsHuman, ...waiting.map(({ id }) => id)])];
    if (ids.length === 0) return;
    throw new StratusError(
      'recovery_pending',
      `A human has to look first at ${ids.join(', ')}: not everything could be taken back.`,
      {
        next: `transaction_status shows what is left; transaction_abort tries again; a human ends it with: stratus-mcp transactions accept ${ids[0]} --note "…"`,
      },
    );
  }

  #stateError(transaction: string, what: string): StratusError {
    const { state, outcome } = rowOf(this.#parts.journal.transactions, transaction);
    return new StratusError(
      'transaction_state',
      `${transaction} is ${state} and can't ${what}.${outcome ? ` ${outcome}` : ''}`,
    );
  }

  /** The answer of a commit that has ended, from the journal. */
  #ended(transaction: string): CommitResult {
    const row = rowOf(this.#parts.journal.transactions, transaction);
    const view = this.view(transaction);
    const verdict = fromJson<Verdict>(row.verdict);
    if (row.state === 'COMMITTED' && verdict !== undefined)
      return { kind: 'committed', transaction: view, verdict };
    if (row.state !== 'ABORTED' && row.state !== 'ABORT_INCOMPLETE')
      throw this.#stateError(transaction, 'be committed');
    const objects = view.steps.map(({ object, state, residual, conflicts }) => ({
      object,
      state,
      how: state,
      residual,
      conflicts,
    }));
    const undo = { complete: row.state === 'ABORTED', objects, summary: row.outcome ?? '' };
    return {
      kind: 'undone',
      transaction: view,
      ...(verdict === undefined ? {} : { verdict }),
      reason: row.outcome ?? '',
      undo,
    };
  }
}
