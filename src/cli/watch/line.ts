import { cellsOf, clipText, safeText } from './cells.ts';

/** What a text is, for its colour. The text says the same without one. */
export type Tone = 'plain' | 'dim' | 'bold' | 'good' | 'warn' | 'bad' | 'title' | 'picked';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of the screen; its texts are safe to print. */
export type Line = readonly Span[];

/** How this terminal is written to. */
export interface Look {
  readonly unicode: boolean;
  readonly colour: boolean;
}

export const PLAIN_LOOK: Look = { unicode: true, colour: false };

/** More than any terminal is wide. A text of a megabyte costs no more than one of this length. */
const LONGEST = 600;

/** A piece of a line. Whatever the text holds, it stays one line and brings no control character. */
export function span(text: string, tone: Tone = 'plain', look: Look = PLAIN_LOOK): Span {
  const whole = text.length <= LONGEST;
  const safe = safeText(whole ? text : text.slice(0, LONGEST), !look.unicode);
  return { text: whole ? safe : `${safe}${look.unicode ? '…' : '~'}`, tone };
}

export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** The line as far as it fits, and whether something is missing at its end. */
export function clipLine(line: Line, cells: number, look: Look): Line {
  const more = look.unicode ? '…' : '~';
  let room = cells;
  if (cellsOf(textOf(line)) <= room) return line;
  const kept: Span[] = [];
  for (const { text, tone } of line) {
    const own = cellsOf(text);
    // Something follows that doesn't fit whole: the mark needs a cell too.
    if (own >= room) {
      // Never whole: a text that just fills the line is followed by more.
      kept.push({ text: clipText(own === room ? `${text} ` : text, room, more), tone });
      break;
    }
    kept.push({ text, tone });
    room -= own;
  }
  return kept;
}

/** Pieces with two blanks between them; empty ones fall out. */
export function joined(spans: readonly (Span | undefined)[]): Line {
  const present = spans.filter((one) => one !== undefined).filter(({ text }) => text !== '');
  return present.flatMap((one, index) =>
    index === 0 ? [one] : [{ text: '  ', tone: 'plain' as const }, one],
  );
}
