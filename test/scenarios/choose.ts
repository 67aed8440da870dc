import fc from 'fast-check';
import { draw } from '../campaign/draw.ts';
import type { Card, Plan } from './types.ts';

/** One plan of one card. */
export interface Job {
  readonly card: Card;
  readonly plan: Plan;
}

export function nameOf({ card, plan }: Job): string {
  return `${card.id}/${plan.id}`;
}

/**
 * The plans to play: those whose `S01 bad-image S01/clean-restart` contains a word of `only`. Where that is more than
 * `size`, right plans come first and a seeded part of the wrong ones fills up. In the order of the cards.
 */
export function chooseJobs(
  cards: readonly Card[],
  only: readonly string[],
  size: number,
  seed: number,
): Job[] {
  const jobs = cards.flatMap((card) => card.plans.map((plan) => ({ card, plan })));
  const wanted = jobs.filter((job) => {
    const name = `${job.card.id} ${job.card.title} ${nameOf(job)}`.toLowerCase();
    return only.length === 0 || only.some((word) => name.includes(word.toLowerCase()));
  });
  if (wanted.length <= size) return wanted;
  const right = wanted.filter(({ plan }) => plan.right);
  const wrong = wanted.filter(({ plan }) => !plan.right);
  const count = Math.min(wrong.length, Math.max(0, size - right.length));
  const [some = []] = draw(
    seed,
    fc.shuffledSubarray(wrong, { minLength: count, maxLength: count }),
    1,
  );
  const kept = new Set([...right.slice(0, size), ...some]);
  return wanted.filter((job) => kept.has(job));
}
