/** Somebody's words as a sentence that another one can follow. */
export function sentence(words: string): string {
  const trimmed = words.trim();
  return trimmed === '' || /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
