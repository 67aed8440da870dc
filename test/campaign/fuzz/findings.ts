import type { Invariant } from '../types.ts';

/** Collects what was looked at and what was found against it, by invariant. */
export class Findings {
  readonly #byName = new Map<string, { checked: number; broken: string[] }>();

  constructor(names: readonly string[]) {
    for (const name of names) this.#byName.set(name, { checked: 0, broken: [] });
  }

  /** Notes one look; `broken` is what was wrong, undefined when it was right. */
  note(name: string, broken: string | undefined): void {
    const entry = this.#byName.get(name);
    if (entry === undefined) throw new Error(`${name} is not an invariant of this campaign.`);
    entry.checked += 1;
    if (broken !== undefined) entry.broken.push(broken);
  }

  all(): Invariant[] {
    return [...this.#byName].map(([name, { checked, broken }]) => ({ name, checked, broken }));
  }
}

/** Enough of an input to see what it was; the seed and its number repeat the whole. */
export function briefly(input: unknown): string {
  const text = JSON.stringify(input) ?? String(input);
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`;
}
