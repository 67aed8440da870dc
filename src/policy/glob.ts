/** Tests one text against a glob. */
export type Glob = (text: string) => boolean;

/**
 * Compiles a glob: `*` stands for any run of characters, `?` for one; everything else is literal
 * and the whole text has to match. Linear in pattern × text, whatever the pattern.
 */
export function compileGlob(pattern: string): Glob {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  return (text) => matchesGlob(pattern, text);
}

/** True when one of the globs matches. */
export function anyGlob(globs: readonly Glob[], text: string): boolean {
  return globs.some((glob) => glob(text));
}

function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    // A star in the pattern comes first: in the text it is a character like any other.
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
