import type { CampaignReport, Invariant } from '../types.ts';
import { type Case, nameOf } from './cases.ts';
import type { Verdict } from './judge.ts';

/** How many runs that never came to their request are told. */
const NOTED = 10;

interface Line {
  runs: number;
  readonly outcomes: Map<string, number>;
  readonly resolved: Map<string, number>;
  unacknowledged: number;
}

const INVARIANTS = {
  objects:
    'every object is as before, or as decided, with the owners of its fields; nobody else loses pods',
  theirs: 'what others wrote is there',
  marks: 'no mark and no undo manager of ours is left',
  journal: 'every transaction has come to its end, and work goes on',
  lease: 'the Lease names no transaction any more, 10 s after the end at the latest',
  twice: 'no request was carried out twice',
} as const;

/** What the runs were and did, by flow, request and fault. */
export class Tally {
  readonly #lines = new Map<string, Line>();
  readonly #broken = new Map<string, string[]>();
  readonly #failed: string[] = [];
  readonly #chains: string[] = [];
  #runs = 0;
  readonly #unreached: string[] = [];
  #unacknowledged = 0;
  #journals = 0;

  judged(one: Case, verdict: Verdict): void {
    this.#runs += 1;
    if (verdict.unreached !== undefined)
      this.#unreached.push(`${nameOf(one)}: ${verdict.unreached}`);
    if (verdict.unacknowledged) this.#unacknowledged += 1;
    const line = this.#line(one);
    line.runs += 1;
    if (verdict.unacknowledged) line.unacknowledged += 1;
    count(line.outcomes, verdict.outcome);
    count(line.resolved, verdict.resolved);
    for (const [what, found] of Object.entries(verdict.wrong)) {
      const list = this.#broken.get(what) ?? [];
      list.push(...found.map((it) => `${nameOf(one)}: ${it}`));
      this.#broken.set(what, list);
    }
  }

  failed(one: Case, error: string): void {
    this.#failed.push(`${nameOf(one)}: ${error}`);
  }

  chain(broken: readonly string[]): void {
    this.#journals += 1;
    this.#chains.push(...broken);
  }

  report(): CampaignReport {
    const rows = [...this.#lines].sort(([a], [b]) => a.localeCompare(b));
    const invariants: Invariant[] = Object.entries(INVARIANTS).map(([what, name]) => ({
      name,
      checked: this.#runs,
      broken: this.#broken.get(what) ?? [],
    }));
    return {
      columns: ['flow', 'request', 'fault', 'runs', 'outcomes', 'applied unheard', 'resolved by'],
      rows: rows.map(([name, line]) => [
        ...name.split(' / '),
        line.runs,
        countsOf(line.outcomes),
        line.unacknowledged,
        countsOf(line.resolved),
      ]),
      totals: {
        runs: this.#runs,
        'never came to the request': this.#unreached.length,
        'applied without an acknowledgement': this.#unacknowledged,
      },
      invariants: [
        ...invariants,
        {
          name: 'the audit chain of every journal verifies',
          checked: this.#journals,
          broken: this.#chains,
        },
        { name: 'every run could be made', checked: this.#runs, broken: this.#failed },
      ],
      notes: this.#unreached.slice(0, NOTED).map((it) => `never came to it: ${it.slice(0, 400)}`),
    };
  }

  #line({ flow, lost, target, fault }: Case): Line {
    const key = [`${flow.name}${lost ? ', first answer lost' : ''}`, target.kind, fault.name].join(
      ' / ',
    );
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line: Line = { runs: 0, outcomes: new Map(), resolved: new Map(), unacknowledged: 0 };
    this.#lines.set(key, line);
    return line;
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function countsOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, times]) => (times === 1 ? what : `${what} ${times}`)).join(', ');
}
