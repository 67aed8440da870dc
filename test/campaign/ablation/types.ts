import type { Card, Plan } from '../../scenarios/types.ts';

/**
 * What the assistant is left with. Nothing in the product switches its gate or its undo off, so the harness builds
 * the lesser ones around it:
 * - `full`: plan after plan as attempts of one guided incident, until one is committed and nothing fires any more.
 * - `no undo`: the same, and when the gate has taken an attempt back, its writes are sent again by an ordinary
 *   client: the bad attempt stays, and the next one builds upon it.
 * - `no gate`: the writes of each attempt are sent by an ordinary client, with what it deletes collected at once;
 *   the product only measures. The assistant goes on until nothing fires any more.
 * - `no retry`: the full system, left after its first attempt.
 */
export const VARIANTS = ['full', 'no undo', 'no gate', 'no retry'] as const;
export type Variant = (typeof VARIANTS)[number];

/** One card with its plans in the order in which the assistant tries them. */
export interface Incident {
  readonly card: Card;
  readonly order: readonly Plan[];
}

export interface Tried {
  readonly plan: Plan;
  /** `stays`: the gate took it back, and it was sent again. `sent`: by an ordinary client. */
  readonly outcome: 'committed' | 'undone' | 'refused' | 'stays' | 'sent' | 'failed';
}

/** How one incident ended for one variant. */
export interface Ending {
  readonly incident: Incident;
  readonly variant: Variant;
  readonly tried: readonly Tried[];
  /** Severity of the namespaces that the card looks at. */
  readonly before: number;
  readonly after: number;
  /** The card's oracle has nothing against the state. */
  readonly repaired: boolean;
}
