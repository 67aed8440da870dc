import fc from 'fast-check';
import { draw } from '../draw.ts';
import { nameOf, type Point, type Unharmed } from './runs.ts';

export interface At {
  readonly flow: Unharmed;
  readonly point: Point;
}

/** Boundaries around what is written to the cluster, and to the journal about it: where a death is worth a pair. */
const TELLING =
  /^cluster\.(send|undo|fence|ownership|child|finalise|sweep)\.|^journal\.(addStep|moveStep|move|adopt|update)\b/;

/** `journal.moveStep.after`, `cluster`: where a boundary tells what it is about, and on which side of it. */
export function classOf(point: Point): string {
  const name = nameOf(point);
  const parts = name.split('.');
  return TELLING.test(name) ? [...parts.slice(0, 2), parts.at(-1)].join('.') : `${parts[0]}`;
}

const tells = ({ point }: At) => TELLING.test(point);

/** As many of them as asked for, evenly drawn; the same for the same seed. */
export function some<T>(seed: number, items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  const order = draw(seed, fc.integer({ min: 0, max: 1e9 }), items.length);
  return items
    .map((item, i) => ({ item, rank: order[i] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ item }) => item);
}

/** A part of the boundaries, in which each class of them is. */
export function samplePoints(seed: number, all: readonly At[], share: number): At[] {
  const shuffled = some(seed, all, all.length - 1);
  const one = new Map(shuffled.map((at) => [classOf(at.point), at]));
  const rest = shuffled.filter((at) => one.get(classOf(at.point)) !== at);
  return [...one.values(), ...rest.slice(0, Math.floor(share * all.length))];
}

/** Requests that store nothing: a death at one leaves the journal and the cluster as a death at the next does. */
const READS = /^cluster\.(list|get|about|review|dry)\b/;

export interface Boundaries {
  /** Where something is written, what tells most first, and one of each stretch of reads between. */
  readonly distinct: readonly At[];
  /** The other reads of each stretch. */
  readonly among: readonly At[];
}

export function boundariesOf(seed: number, flows: readonly Unharmed[]): Boundaries {
  const among: At[] = [];
  const distinct = flows.flatMap((flow) =>
    stretchesOf(flow.points).map((stretch, i): At => {
      const [drawn = ''] = stretch.length > 1 ? some(seed + i, stretch, 1) : stretch;
      among.push(
        ...stretch.filter((point) => point !== drawn).map((point): At => ({ flow, point })),
      );
      return { flow, point: drawn };
    }),
  );
  return { distinct: distinct.sort((a, b) => Number(tells(b)) - Number(tells(a))), among };
}

/** Neighbouring reads in one, everything else by itself. */
function stretchesOf(points: readonly Point[]): Point[][] {
  const stretches: Point[][] = [];
  let reads: Point[] | undefined;
  for (const point of points) {
    if (!READS.test(point)) reads = undefined;
    if (reads !== undefined) {
      reads.push(point);
      continue;
    }
    const stretch = [point];
    stretches.push(stretch);
    if (READS.test(point)) reads = stretch;
  }
  return stretches;
}

/** One occurrence of each telling boundary of each flow. */
export function firstDeaths(seed: number, flows: readonly Unharmed[]): At[] {
  return flows.flatMap((flow) => {
    const telling = flow.points.filter((point) => TELLING.test(point));
    const shuffled = some(seed, telling, telling.length - 1);
    const byName = new Map(shuffled.map((point) => [nameOf(point), point]));
    return [...byName.values()].map((point) => ({ flow, point }));
  });
}
