import { editDistance } from '../../core/edit-distance.ts';

/** Names that somebody who typed `wanted` may have meant, nearest first. */
export function nearNames(wanted: string, names: readonly string[], max = 5): string[] {
  const word = wanted.toLowerCase();
  const bound = Math.max(2, Math.floor(word.length / 3));
  return [...new Set(names)]
    .map((name) => ({ name, far: farness(word, name.toLowerCase()) }))
    .filter(({ far }) => far <= bound)
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, max)
    .map(({ name }) => name);
}

// A pod's name begins with its workload's: containment counts as near as one typing error.
function farness(word: string, name: string): number {
  if (name.includes(word) || (name.length > 3 && word.includes(name))) return 1;
  return Math.min(editDistance(word, name), editDistance(word, name.slice(0, word.length)) + 1);
}
