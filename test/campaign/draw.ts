import fc from 'fast-check';

/** `count` values of an arbitrary, evenly spread; the same for the same seed. */
export function draw<T>(seed: number, arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(fc.noBias(arbitrary), { seed, numRuns: count });
}
