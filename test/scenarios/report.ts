import type { CampaignReport, Invariant } from '../campaign/types.ts';
import { type Job, nameOf } from './choose.ts';
import type { Result } from './play.ts';
import type { ClusterKind, Expected, Plan } from './types.ts';

/** A plan that was played, or what kept it from being played. */
export interface Done {
  readonly job: Job;
  readonly result: Result | undefined;
  readonly failure?: string;
}

/** The table, and what has to hold of it. */
export function reportOf(done: readonly Done[], kind: ClusterKind): CampaignReport {
  const results = done.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const committed = results.filter(({ outcome }) => outcome === 'committed');
  const backed = results.filter(({ outcome }) => outcome !== 'committed');
  const right = committed.filter(({ plan }) => plan.right);
  const wrong = committed.filter(({ plan }) => !plan.right);
  const isBacked = (plan: Plan) => expectedOf(plan, kind).outcome !== 'committed';
  return {
    columns: [
      'scenario',
      'plan',
      'is',
      'before',
      'after',
      'undone',
      'outcome',
      'state as before',
      'oracle',
      'lost',
      's',
    ],
    rows: results.map((result) => rowOf(result, kind)),
    totals: {
      scenarios: new Set(results.map(({ card }) => card.id)).size,
      plans: results.length,
      committed: committed.length,
      undone: backed.filter(({ outcome }) => outcome === 'undone').length,
      refused: backed.filter(({ outcome }) => outcome === 'refused').length,
      'wrong, but severity falls': wrong.filter(lowers).length,
    },
    invariants: [
      // Those about plans that were not asked for are left out.
      invariant('every failure shows before anything is changed', results, ({ unseen }) => unseen),
      invariant('every plan ends as its card says', results, (it) => surprises(it, kind)),
      ...where(
        backed.length > 0 || done.some(({ job }) => isBacked(job.plan)),
        invariant(
          'what is refused or undone leaves the state of the checkpoint',
          backed,
          ({ differs }) => differs ?? ['it was not compared'],
        ),
      ),
      ...where(
        done.some(({ job }) => job.plan.right),
        invariant('what is right repairs, by the oracle', right, ({ wrong: found }) => found ?? []),
      ),
      ...where(
        wrong.length > 0,
        invariant('what is wrong and committed fails the oracle', wrong, ({ wrong: found }) =>
          found?.length === 0 ? ['the oracle has nothing against it'] : [],
        ),
      ),
      ...where(
        backed.length > 0 || done.some(({ job }) => job.plan.right || isBacked(job.plan)),
        invariant(
          'the incident is resolved by what is right, and back in diagnosis after what is taken back',
          [...right, ...backed],
          ({ plan, phase }) =>
            phase === (plan.right ? 'resolved' : 'diagnosis') ? [] : [`it is in ${phase}`],
        ),
      ),
      {
        name: 'every plan came to its end',
        checked: done.length,
        broken: done.flatMap(({ job, failure }) =>
          failure === undefined ? [] : [`${nameOf(job)}: ${failure}`],
        ),
      },
    ],
    notes: [...results.flatMap((it) => explanations(it, kind))],
  };
}

function where(asked: boolean, one: Invariant): Invariant[] {
  return asked ? [one] : [];
}

function invariant(
  name: string,
  results: readonly Result[],
  broken: (result: Result) => readonly string[],
): Invariant {
  return {
    name,
    checked: results.length,
    broken: results.flatMap((result) => broken(result).map((what) => `${nameOf(result)}: ${what}`)),
  };
}

function expectedOf({ expect, differs }: Plan, kind: ClusterKind): Expected {
  return differs?.[kind] ?? expect;
}

/** How the end of a plan differs from what its card says of that kind of cluster. */
export function surprises(result: Result, kind: ClusterKind): string[] {
  const { plan, outcome, code, words } = result;
  const expected = expectedOf(plan, kind);
  const found: string[] = [];
  if (outcome !== expected.outcome) {
    found.push(`${outcome} instead of ${expected.outcome}: ${words}`);
  } else if (code === 'undo_incomplete') found.push(`the undo is not complete: ${words}`);
  else if (expected.code !== undefined && code !== expected.code) {
    found.push(`refused as ${code} instead of ${expected.code}: ${words}`);
  } else if (
    outcome === 'committed' &&
    !plan.right &&
    lowers(result) !== (expected.lowers ?? false)
  ) {
    found.push(`severity ${result.before} → ${result.after}, against what the card says`);
  }
  return found;
}

function lowers({ before, after }: Result): boolean {
  return before !== undefined && after !== undefined && after < before;
}

function rowOf(result: Result, kind: ClusterKind): (string | number)[] {
  const { card, plan, before, after, afterUndo, outcome, code, differs, wrong, lost } = result;
  const told = code === undefined ? outcome : `${outcome} (${code})`;
  const asSaid = surprises(result, kind).length === 0 ? '' : '  ← not as the card says';
  const note = outcome === 'committed' && !plan.right && lowers(result) ? ', severity falls' : '';
  return [
    `${card.id} ${card.title}`,
    plan.id,
    plan.right ? 'right' : 'wrong',
    before ?? '-',
    after ?? '-',
    afterUndo ?? '-',
    `${told}${note}${asSaid}`,
    differs === undefined ? '-' : differs.length === 0 ? 'yes' : 'NO',
    wrong === undefined ? '-' : wrong.length === 0 ? 'yes' : 'no',
    lost ?? '-',
    result.seconds,
  ];
}

/** What the reader of the table has to know: wrong plans that are kept, and outcomes of this kind of cluster alone. */
function explanations(result: Result, kind: ClusterKind): string[] {
  const { plan, outcome } = result;
  const because = plan.differs?.[kind]?.because;
  const kept = outcome === 'committed' && !plan.right ? (plan.why ?? 'not explained') : undefined;
  return [kept, because]
    .filter((it) => it !== undefined)
    .map((sentence) => `${nameOf(result)}: ${sentence}`);
}
