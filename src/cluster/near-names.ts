import { editDistance } from '../core/edit-distance.ts';

const MOST = 5;

/** Up to five known names near a mistyped one, nearest first. */
export function nearNames(word: string, known: readonly string[]): string[] {
  const text = word.toLowerCase().split('.', 1)[0] ?? '';
  const allowed = text.length < 5 ? 1 : 2;
  return [...new Set(known)]
    .map((name) => ({ name, distance: distanceTo(text, name) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, MOST)
    .map(({ name }) => name);
}

function distanceTo(text: string, name: string): number {
  const contained = text.length >= 4 && (name.startsWith(text) || text.startsWith(`${name}s`));
  return contained ? 1 : editDistance(text, name);
}
