import type { Answer } from '../../story/client.ts';
import type { CampaignReport } from '../types.ts';
import type { Asked } from './audited.ts';

interface Line {
  plans: number;
  refusals: number;
  dryRuns: number;
  leaseWrites: number;
  writes: number;
}

/** What the windows found, by their names. */
export class Tally {
  readonly tools: readonly string[];
  readonly #whole: boolean;
  readonly #used = new Set<string>();
  readonly #lines = new Map<string, Line>();
  readonly #changed: string[] = [];
  readonly #written: string[] = [];
  readonly #unanswered: string[] = [];
  #compared = 0;
  #events = 0;
  #answers = 0;
  #reviews = 0;

  /** `whole`: nothing was left out with `--only`. */
  constructor(tools: readonly string[], whole: boolean) {
    this.tools = tools;
    this.#whole = whole;
  }

  used(tool: string): void {
    this.#used.add(tool);
  }

  answered(name: string, { isError }: Answer, wrong: string | undefined): void {
    this.#answers += 1;
    this.#line(name)[isError ? 'refusals' : 'plans'] += 1;
    if (wrong !== undefined) this.#unanswered.push(`${name}: ${wrong}`);
  }

  compared(name: string, objects: number, differences: readonly string[]): void {
    this.#compared += objects;
    this.#changed.push(...differences.map((it) => `${name}: ${it}`));
  }

  asked(name: string, { dryRuns, reviews, lease, writes }: Asked): void {
    this.#events += dryRuns + reviews + lease + writes.length;
    this.#reviews += reviews;
    const line = this.#line(name);
    line.dryRuns += dryRuns;
    line.leaseWrites += lease;
    line.writes += writes.length;
    this.#written.push(...writes.map((it) => `${name}: ${it}`));
  }

  report(): CampaignReport {
    const lines = [...this.#lines].map(([name, line]) => ({ name, ...line }));
    const missing = this.tools.filter((tool) => this.#whole && !this.#used.has(tool));
    return {
      columns: ['plan', 'answered', 'refused', 'dry runs sent', 'Lease writes', 'writes'],
      rows: lines.map((it) => [
        it.name,
        it.plans,
        it.refusals,
        it.dryRuns,
        it.leaseWrites,
        it.writes,
      ]),
      totals: {
        'plans asked for': this.#answers,
        'objects compared': this.#compared,
        'requests in the audit log': this.#events,
        'reviews of what one may do': this.#reviews,
      },
      invariants: [
        {
          name: 'no object of any kind has another version, appears or goes away',
          checked: this.#compared,
          broken: this.#changed,
        },
        {
          name: "the API server's audit log has nothing of ours but dry runs",
          checked: this.#events,
          broken: this.#written,
        },
        {
          name: 'what can be done is planned, what can not is refused',
          checked: this.#answers,
          broken: this.#unanswered,
        },
        {
          name: 'every tool took part',
          checked: this.tools.length,
          broken: missing,
        },
      ],
      notes: [
        'Not compared, because others write them all the time: Events, the Leases of nodes and of the API server, the status of Nodes and autoscalers.',
        'The Lease that an open transaction holds is written by the transaction, not by a plan: counted by its name.',
      ],
    };
  }

  #line(name: string): Line {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line: Line = { plans: 0, refusals: 0, dryRuns: 0, leaseWrites: 0, writes: 0 };
    this.#lines.set(name, line);
    return line;
  }
}
