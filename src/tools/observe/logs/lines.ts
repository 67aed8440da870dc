import { withoutAnsi } from '../../../core/plain-text.ts';
import { maskingOf } from '../../../core/redact.ts';
import { type Masking, type RedactionRules, scrubText } from '../../../core/redact-text.ts';

/** One line of a log. */
export interface LogLine {
  /** As the kubelet stamped it; empty where it didn't. */
  readonly time: string;
  readonly text: string;
}

const STAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})) ?/;

/**
 * The lines of a log that was read with timestamps: plain, with credentials masked. Masking sees the
 * log without its stamps, since they would hide where a line of a configuration file begins.
 */
export function readLines(log: string, rules: RedactionRules): LogLine[] {
  const raw = withoutAnsi(log).split('\n');
  if (raw.at(-1) === '') raw.pop();
  if (raw.length === 0) return [];
  let time = '';
  const lines = raw.map((line) => {
    const stamp = STAMP.exec(line);
    if (stamp) time = stamp[1] ?? '';
    return { time, text: line.slice(stamp?.[0].length ?? 0).replace(/\r+$/, '') };
  });
  const masked = scrubText(lines.map(({ text }) => text).join('\n'), lineByLine(rules)).split('\n');
  // Masking keeps the number of lines. Were that wrong one day, times would be, not secrets.
  return masked.map((text, index) => ({ time: lines[index]?.time ?? time, text }));
}

/** A mask takes as many lines as what it hides, so that the stamps still fit. */
function lineByLine(rules: RedactionRules): Masking {
  const { matches, mask } = maskingOf(rules);
  return {
    matches,
    mask: (name, value, bytes) =>
      mask(name, value, bytes) + '\n'.repeat(value.split('\n').length - 1),
  };
}

/** Lines that are longer are cut when not everything fits. */
const LONGEST = 2_000;

/** What of the lines is shown. */
export interface Fitted {
  readonly lines: readonly string[];
  readonly dropped: number;
  readonly cut: number;
}

/** The newest lines that fit; very long ones are cut so that others find room. */
export function fitNewest(lines: readonly string[], maxCharacters: number): Fitted {
  const size = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (size <= maxCharacters) return { lines, dropped: 0, cut: 0 };
  const most = Math.min(LONGEST, maxCharacters);
  const shown: string[] = [];
  let used = 0;
  let cut = 0;
  for (const line of lines.toReversed()) {
    // A single line may take all the room there is.
    const text = shorten(line, lines.length === 1 ? maxCharacters : most);
    used += text.length + 1;
    if (used > maxCharacters && shown.length > 0) break;
    if (text !== line) cut += 1;
    shown.push(text);
  }
  return { lines: shown.reverse(), dropped: lines.length - shown.length, cut };
}

function shorten(line: string, most: number): string {
  if (line.length <= most) return line;
  const mark = `… (${line.length} characters)`;
  return `${line.slice(0, Math.max(0, most - mark.length))}${mark}`;
}
