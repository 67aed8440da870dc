/** One number, what it is held against, and the least that is possible here. */
export interface Result {
  /** `write`, `read`, …: what `--only` names. */
  readonly bench: string;
  readonly what: string;
  readonly unit: 'ms' | 'per second' | 'MB' | 'tokens';
  readonly median: number;
  readonly p95?: number;
  /** The same work without stratus-mcp, measured in turns with it. */
  readonly floor?: { readonly what: string; readonly median: number };
  /** `median` by `floor.median`. */
  readonly ratio?: number;
  readonly target?: Target;
  readonly note?: string;
}

/** A bound on the median, or on the ratio to the floor. */
export interface Target {
  readonly of: 'median' | 'ratio';
  readonly most?: number;
  readonly least?: number;
}

/** Whether a result is within its target; `undefined` for one without. */
export function holds({ median, ratio, target }: Result): boolean | undefined {
  if (target === undefined) return undefined;
  const value = target.of === 'ratio' ? ratio : median;
  if (value === undefined) return false;
  return value <= (target.most ?? Infinity) && value >= (target.least ?? -Infinity);
}
