import { randomUUID } from 'node:crypto';
import { toStratusError } from '../core/errors.ts';
import type { Journal } from '../journal/types.ts';
import { osUser } from './actor.ts';
import type { Runtime } from './runtime.ts';

const DAY_MS = 86_400_000;

/** How gently retention goes about it. Times in ms. */
export interface Pace {
  /** After the start: first come the client and recovery. */
  readonly startMs: number;
  /** Between two looks for what became too old. */
  readonly everyMs: number;
  /** Between two writes, and while a transaction is under way. */
  readonly restMs: number;
  readonly busyMs: number;
  /** Audit rows that one write removes, and that one plan looks at. */
  readonly rows: number;
  readonly mostRows: number;
}

const PACE: Pace = {
  ...{ startMs: 5_000, everyMs: DAY_MS, restMs: 25, busyMs: 1_000 },
  ...{ rows: 100, mostRows: 10_000 },
};

/**
 * Removes what is older than `days` from the journal, in the background: in short writes, and none
 * while a transaction is under way. 0 days keeps everything. Ends with the process; never throws.
 */
export async function retain(runtime: Runtime, days: number, pace: Pace = PACE): Promise<void> {
  const { clock, stopping, log } = runtime;
  if (days === 0) return;
  try {
    await clock.sleep(pace.startMs, stopping);
    for (;;) {
      try {
        await pruneOnce(runtime, days, pace);
      } catch (thrown) {
        if (stopping.aborted) return;
        log.warn({ code: toStratusError(thrown).code, err: thrown }, 'retention');
      }
      await clock.sleep(pace.everyMs, stopping);
    }
  } catch {
    // The process is leaving.
  }
}

async function pruneOnce(runtime: Runtime, days: number, pace: Pace): Promise<void> {
  const { clock, stopping, log } = runtime;
  const journal = await runtime.journal();
  for (;;) {
    await idle(runtime, journal, pace);
    const rule = { before: clock.now() - days * DAY_MS, mostRows: pace.mostRows };
    const plan = journal.retention.plan(rule);
    if (plan.auditRows === 0 && plan.transactions.length === 0) return;
    const call = randomUUID();
    const started = clock.monotonic();
    const actor = { client: 'stratus-mcp', principal: osUser(), session: `server-${process.pid}` };
    journal.audit.start({ call, actor, tool: 'retention', args: { days } });
    const work = journal.retention.prune(plan, rule, { call, rows: pace.rows });
    while (!work.next().done) {
      await clock.sleep(pace.restMs, stopping);
      await idle(runtime, journal, pace);
    }
    const durationMs = Math.round(clock.monotonic() - started);
    journal.audit.end({ call, decision: 'none', outcome: 'ok', durationMs });
    const { auditRows, transactions } = plan;
    log.info({ call, auditRows, transactions: transactions.length, days }, 'pruned');
  }
}

async function idle({ clock, stopping }: Runtime, journal: Journal, pace: Pace): Promise<void> {
  while (journal.retention.busy()) await clock.sleep(pace.busyMs, stopping);
}
