import type { StepRow, TransactionRow } from '../../../src/journal/types.ts';
import { appliedTwice, differs, podsGone, residue, unfinished } from '../world/checks.ts';
import { BYSTANDER } from '../world/flows.ts';
import { inJournal } from '../world/journal.ts';
import type { Case } from './cases.ts';
import { hidesApplied } from './faults.ts';
import type { Lane } from './lane.ts';
import type { Run } from './run-case.ts';

export interface Verdict {
  /** `ABORTED`, `no transaction`, … */
  readonly outcome: string;
  /** Steps' last states, and whether fences were needed. */
  readonly resolved: string;
  /** The request was carried out and we were not told. */
  readonly unacknowledged: boolean;
  /** Undefined when the flow never came to the request; then what its calls were answered. */
  readonly unreached: string | undefined;
  /** What is wrong, by invariant. */
  readonly wrong: {
    readonly objects: readonly string[];
    readonly theirs: readonly string[];
    readonly marks: readonly string[];
    readonly journal: readonly string[];
    readonly lease: readonly string[];
    readonly twice: readonly string[];
  };
}

/** The flow makes one transaction; the one after it is the proof that work goes on. */
export function judge(lane: Lane, one: Case, run: Run): Verdict {
  const rows = lane.transactions().slice(run.from, run.to);
  const [row] = rows.length > 1 ? rows : [];
  const steps = row === undefined ? [] : stepsOf(lane, row);
  const { flow } = one;
  const committed = row?.state === 'COMMITTED';
  const before = run.before.get(flow.object);
  const is = run.after.get(flow.object);
  const theirs = run.theirs.get(flow.object);
  const touched = theirs !== undefined;
  const wanted = committed ? flow.applied(before, run.namespace) : before;
  const difference = differs(is, wanted, {
    recreated: flow.recreates === true || before === undefined,
    owners: !committed && !touched,
    theirs,
  });
  const other = differs(run.after.get('ConfigMap/other'), withMode(run, 'next'), {
    theirs: run.theirs.get('ConfigMap/other'),
  });
  return {
    outcome: row?.state ?? 'no transaction',
    resolved: resolvedBy(run, steps),
    unacknowledged: wasHidden(one, run),
    unreached: run.hit === undefined ? run.errors.join('; ') || 'no error' : undefined,
    wrong: {
      objects: [
        ...(difference === undefined ? [] : [`${flow.object}: ${difference}`]),
        ...podsGone(run.before, run.after, row === undefined ? [BYSTANDER, 'web'] : [BYSTANDER]),
      ],
      theirs: other === undefined ? [] : [`ConfigMap/other: ${other}`],
      // Where somebody else wrote in between, the fields stay with whom they are, and the report says so.
      marks: residue(run.after, { undoManagers: !touched }),
      journal: [...unfinished(rows), ...run.stuck],
      lease: run.mark === undefined ? [] : [run.mark],
      twice: appliedTwice(run.deliveries),
    },
  };
}

function stepsOf(lane: Lane, { id }: TransactionRow): StepRow[] {
  return inJournal(lane.journal(), ({ transactions }) => transactions.steps(id));
}

function withMode({ before }: Run, mode: string) {
  const object = before.get('ConfigMap/other');
  return object && { ...object, data: { ...(object.data as Record<string, string>), mode } };
}

function resolvedBy({ seen }: Run, steps: readonly StepRow[]): string {
  const states = [...new Set(steps.map(({ state }) => state))];
  const fenced = seen.includes('fence') ? ['fence'] : [];
  return [...fenced, ...states].join(' + ') || 'nothing to resolve';
}

function wasHidden({ fault }: Case, { hit, deliveries }: Run): boolean {
  if (hit === undefined || hit.dryRun || hit.method === 'GET' || !hidesApplied(fault)) return false;
  return deliveries.some(
    ({ auditId, path, body, status }) =>
      status < 300 && auditId === hit.auditId && path === hit.path && body === hit.body,
  );
}
