import fc from 'fast-check';
import { draw } from '../draw.ts';
import type { Flow } from '../world/flows.ts';
import { FAULTS, type Fault } from './faults.ts';
import { isStoring, type RequestKind } from './requests.ts';

/** A flow, perhaps with a first answer lost, so that it comes to fences. */
export interface Course {
  readonly flow: Flow;
  /** The first write never arrives, and nobody says so. */
  readonly lost: boolean;
}

export interface Target {
  readonly kind: RequestKind;
  /** 1, 2, … among the requests of its kind. */
  readonly occurrence: number;
}

export interface Case extends Course {
  readonly target: Target;
  readonly fault: Fault;
  /** Somebody else writes to the same object. */
  readonly beside: boolean;
}

/** Of the many lists of a flow so many are hit, evenly spread. */
const LISTS = 3;
/** Of the requests about the Lease the first: it is taken, named after the transaction, given back. */
const LEASE_REQUESTS = 3;

/** The requests to hit, given those that an unharmed run made. */
export function targetsOf(seen: readonly RequestKind[]): Target[] {
  const kinds = [...new Set(seen)];
  return kinds.flatMap((kind) => {
    const count = seen.filter((it) => it === kind).length;
    const all = Array.from({ length: count }, (_, i) => i + 1);
    // How often a Lease is renewed depends on how fast the machine is just now.
    if (kind.startsWith('Lease'))
      return all.slice(0, LEASE_REQUESTS).map((occurrence) => ({ kind, occurrence }));
    const step = kind === 'list' ? Math.max(1, Math.ceil(count / LISTS)) : 1;
    return all.filter((i) => (i - 1) % step === 0).map((occurrence) => ({ kind, occurrence }));
  });
}

/** Every fault at every request that it makes a difference for, the third party in every other one. */
export function allCases(
  courses: readonly (Course & { readonly seen: readonly RequestKind[] })[],
): Case[] {
  const cases = courses.flatMap(({ flow, lost, seen }) =>
    targetsOf(seen).flatMap((target) =>
      FAULTS.filter(({ hits }) => hits(target.kind)).map((fault) => ({
        flow,
        lost,
        target,
        fault,
      })),
    ),
  );
  return cases.map((one, i) => ({ ...one, beside: i % 2 === 1 && !isTheirs(one) }));
}

/**
 * What we created and they changed since is theirs as well: its undo asks a person, and rightly so. And where the
 * answer to a create is lost and they change what it made, nothing tells that it was ours.
 */
function isTheirs({ flow, target }: Omit<Case, 'beside'>): boolean {
  return flow.creates === true || (flow.recreates === true && target.kind === 'restore');
}

/** `count` of them: one of each fault first, at a request that changes objects where it hits any, then at random. */
export function chosen(all: readonly Case[], seed: number, count: number): Case[] {
  const shuffled = shuffle(all, seed);
  const storing = shuffled.filter(
    ({ target: { kind } }) => isStoring(kind) && kind !== 'Lease write',
  );
  const first = FAULTS.flatMap(({ name }) => {
    const of = (cases: readonly Case[]) => cases.find(({ fault }) => fault.name === name);
    return of(storing) ?? of(shuffled) ?? [];
  });
  const rest = shuffled.filter((one) => !first.includes(one));
  return [...first, ...rest].slice(0, Math.max(count, first.length));
}

function shuffle(all: readonly Case[], seed: number): Case[] {
  const keys = draw(seed, fc.double({ min: 0, max: 1, noNaN: true }), all.length);
  return all
    .map((one, i) => ({ one, key: keys[i] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

export function nameOf({ flow, lost, target, fault, beside }: Case): string {
  return [
    `${flow.name}${lost ? ', first answer lost' : ''}`,
    `${target.kind} ${target.occurrence}`,
    fault.name,
    beside ? 'with a third party' : 'alone',
  ].join(' / ');
}
