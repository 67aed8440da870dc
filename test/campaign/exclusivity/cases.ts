import fc from 'fast-check';
import { draw } from '../draw.ts';

/** What happens to the one that writes, in the middle of it. */
export const FAULTS = [
  'paused, and a person frees the Lease',
  'paused, and a copy of its journal takes over',
  'paused, and the Lease is deleted',
  'the Lease is deleted by hand',
  'its clock jumps',
  'killed and started again',
  'paused',
  'the API server is restarted',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Case {
  readonly number: number;
  readonly fault: Fault;
  /** Two servers: on two journals, or on one. */
  readonly journals: 1 | 2;
  /** Ms of work before it happens, and after. */
  readonly before: number;
  readonly after: number;
  /** Ms that a pause lasts longer than the Lease. */
  readonly longer: number;
  /** Hours that a clock jumps. */
  readonly hours: 1 | -1;
  /** Ms that pass between two calls. */
  readonly pace: number;
}

const NEEDS_TWO: readonly Fault[] = [
  'paused, and a person frees the Lease',
  'paused, and a copy of its journal takes over',
  'paused, and the Lease is deleted',
];

/** Faults in turn, the rest drawn. */
export function casesOf(seed: number, size: number): Case[] {
  const drawn = draw(
    seed,
    fc.record({
      before: fc.integer({ min: 0, max: 1_500 }),
      after: fc.integer({ min: 1_500, max: 4_000 }),
      longer: fc.integer({ min: 200, max: 2_500 }),
      hours: fc.constantFrom<1 | -1>(1, -1),
      pace: fc.integer({ min: 0, max: 200 }),
    }),
    size,
  );
  return drawn.map((it, i) => {
    const fault = FAULTS[i % FAULTS.length] ?? 'paused';
    // Each fault in both ways, one round after the other.
    const round = Math.floor(i / FAULTS.length);
    const journals = NEEDS_TWO.includes(fault) || (round + (i % FAULTS.length)) % 2 === 1 ? 2 : 1;
    return { ...it, number: i + 1, fault, journals };
  });
}
