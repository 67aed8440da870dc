import type { Decision, Effect } from './types.ts';

/** How one rule took part in a decision. */
export interface RuleTrace {
  readonly rule: string;
  readonly effect: Effect | 'protected';
  /** True when the rule spoke about the question; which one decided is in the decision. */
  readonly matched: boolean;
  /** A clause for people: what fits, or the first thing that doesn't. */
  readonly why: string;
}

export interface Explanation {
  readonly decision: Decision;
  /** All protected entries and rules, in the order of the file. */
  readonly trace: readonly RuleTrace[];
}

/** A list for a sentence, cut short: `a, b, c and 4 more`. */
export function shortList(items: readonly string[], most = 4): string {
  const shown = items.slice(0, most).join(', ');
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
