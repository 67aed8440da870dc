import type { Invariant } from '../types.ts';

/** The invariants of the campaign, in the order of the report. */
const NAMES = {
  state: 'each object is as before or as after, as the journal says',
  edits: 'no edit of another writer is lost',
  residue: 'no mark and no field manager of ours is left',
  lease: 'the Lease names no transaction any more, 10 s after the recovery at the latest',
  terminal: 'each transaction has come to an end that needs nobody',
  chain: 'the audit chain verifies',
  pods: 'workloads converge and keep their ReplicaSets',
  journaled: "each write of ours in the API server's audit log is of a journaled intent",
  ran: 'each run could be made',
} as const;

export type InvariantName = keyof typeof NAMES;

/** Counts what was looked at and what was found against it. */
export class Tally {
  readonly #checked = new Map<InvariantName, number>();
  readonly #broken = new Map<InvariantName, string[]>();

  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void = () => undefined) {
    this.#say = say;
  }

  check(name: InvariantName, wrong: string | undefined): void {
    this.#checked.set(name, (this.#checked.get(name) ?? 0) + 1);
    if (wrong !== undefined) {
      this.#say(`BROKEN ${NAMES[name]}: ${wrong}`);
      this.#broken.set(name, [...(this.#broken.get(name) ?? []), wrong]);
    }
  }

  get failures(): number {
    return [...this.#broken.values()].flat().length;
  }

  invariants(): Invariant[] {
    return (Object.keys(NAMES) as InvariantName[]).map((name) => ({
      name: NAMES[name],
      checked: this.#checked.get(name) ?? 0,
      broken: this.#broken.get(name) ?? [],
    }));
  }
}
