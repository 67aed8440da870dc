import fc from 'fast-check';
import { CARDS } from '../../scenarios/cards/index.ts';
import type { Plan } from '../../scenarios/types.ts';
import { draw } from '../draw.ts';
import type { Incident } from './types.ts';

/** Plans that a drawn order may hold: those that touch nodes would meet the other incidents of the run. */
export function playable(plans: readonly Plan[]): Plan[] {
  return plans.filter(({ alone }) => alone !== true);
}

/** So many incidents: the cards in a drawn order, again and again, each time with its plans in another order. */
export function chooseIncidents(seed: number, size: number, only: readonly string[]): Incident[] {
  const cards = CARDS.filter(({ id, title }) => {
    const name = `${id} ${title}`.toLowerCase();
    return only.length === 0 || only.some((word) => name.includes(word.toLowerCase()));
  });
  const rounds = Math.ceil(size / Math.max(1, cards.length));
  return Array.from({ length: rounds }, (_, round) =>
    shuffled(seed + round, cards).map((card, index) => ({
      card,
      order: shuffled(seed + round * 1_000 + index + 1, playable(card.plans)),
    })),
  )
    .flat()
    .slice(0, size);
}

function shuffled<T>(seed: number, items: readonly T[]): T[] {
  const all = { minLength: items.length, maxLength: items.length };
  return draw(seed, fc.shuffledSubarray([...items], all), 1)[0] ?? [];
}
