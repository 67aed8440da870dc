/** Why this run has no control plane, or what it takes to use it. */
export type Availability<T> =
  | { readonly kind: 'ready'; readonly facts: T }
  | { readonly kind: 'missing'; readonly reason: string };

/** Set by a test file that can't run without a control plane; read by the runner. */
const NEEDED = Symbol.for('stratus-mcp.test.cluster-needed');

const flags = globalThis as { [NEEDED]?: boolean };

export function markClusterNeeded(needed: boolean): void {
  flags[NEEDED] = needed;
}

export function isClusterNeeded(): boolean {
  return flags[NEEDED] === true;
}

/** In CI nothing may be missing: what would be skipped elsewhere is an error there. */
export function inCi(): boolean {
  const { CI } = process.env;
  return CI !== undefined && CI !== '' && CI !== 'false';
}
