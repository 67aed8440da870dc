import type { MatrixRow } from '../../../src/undo/matrix/types.ts';
import type { Invariant } from '../types.ts';
import type { OursResult, Told } from './ours.ts';
import type { MatrixCase } from './types.ts';

/** Collects what holds of the cases. */
export class Verdicts {
  readonly #found = new Map<string, { checked: number; broken: string[] }>(
    NAMES.map((name) => [name, { checked: 0, broken: [] }]),
  );

  /** The class before the write is the one of the case's row, and so are the words. */
  told(given: MatrixCase, row: MatrixRow, told: Told): void {
    this.#check('class', given, told.class === row.class, `told ${told.class}, not ${row.class}`);
    if (row.verb === 'delete') return;
    const words = new RegExp(
      row.undo
        .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
        .replaceAll('{kind}', '\\w+')
        .replaceAll('{replicas}', '\\d+'),
    );
    this.#check('row', given, words.test(told.undo), `not of row ${row.id}: ${told.undo}`);
  }

  done(given: MatrixCase, row: MatrixRow, result: OursResult): void {
    const { outcome, answer, end } = result;
    const wrong = FOREIGN.exec(result.report)?.[0];
    this.#check('report', given, wrong === undefined, `${wrong}`);
    const wrote = answer === 'applied';
    const what = `${outcome.result}; ${answer}; ${end}`;
    if (row.class === 'irreversible') {
      this.#check('refused', given, !wrote && outcome.exact, what);
      return;
    }
    const ended = end.startsWith(given.ends ?? 'ABORTED');
    const restored = outcome.ownership !== 'no' && ended && wrote;
    if (row.class === 'exact') this.#check('exact', given, outcome.exact && restored, what);
    else this.#check('compensating', given, outcome.equivalent && restored, what);
    if (PODS_KEPT.includes(row.id)) {
      this.#check('pods', given, outcome.pods !== 'no' && outcome.history !== 'no', what);
    }
  }

  failed(given: MatrixCase, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#check('ran', given, false, message);
  }

  ran(given: MatrixCase): void {
    this.#check('ran', given, true, '');
  }

  rows(all: readonly string[], covered: ReadonlySet<string>): void {
    for (const id of all) this.#note('every row', covered.has(id), `no case for row ${id}`);
  }

  list(): Invariant[] {
    return [...this.#found]
      .filter(([, { checked }]) => checked > 0)
      .map(([name, found]) => ({ name: MEANINGS[name as Name], ...found }));
  }

  #check(name: Name, given: MatrixCase, holds: boolean, why: string): void {
    this.#note(name, holds, `${given.name}: ${why}`);
  }

  #note(name: Name, holds: boolean, why: string): void {
    const found = this.#found.get(name);
    if (found === undefined) return;
    found.checked += 1;
    if (!holds) found.broken.push(why.replaceAll('\n', ' ').slice(0, 400));
  }
}

/** What a report says of admission and of controllers: here nobody gave cause for it. */
const FOREIGN =
  /(Admission changed it|It is not what was deleted|No longer owned by it|What it owned may)[^"\\]*/;

/** Rows that promise the same pods, and the same ReplicaSets. */
const PODS_KEPT = ['scale-up', 'update-workload', 'delete-workload'];

const MEANINGS = {
  'every row': 'every row of the matrix has a case',
  class: 'the class told before the write is the one of the matrix',
  row: 'the way back told before the write is the one of the matrix',
  ran: 'every case could be carried out',
  exact: 'what was told to be exact came back exactly, with its field owners',
  compensating: 'what was told to be compensating came back as its row says, with its field owners',
  refused: 'what was told to be irreversible was refused, and nothing was written',
  report: 'no report named a change or a loss that nobody had caused',
  pods: 'scaling up, labels and a delete kept the pods and the history',
} as const;
type Name = keyof typeof MEANINGS;
const NAMES = Object.keys(MEANINGS) as Name[];
