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
  return contained ? 1 : levenshtein(text, name);
}

function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
