import { plainLine } from '../../core/plain-text.ts';

/** How a terminal counts what it shows: in cells. A wide character takes two, a combining mark none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f1e6}-\u{1f1ff}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const MARK = /\p{M}/u;
/** More marks than any script puts on one letter reach into the lines above and below. */
const MARKS_AT_MOST = 3;
/** They change how wide the character before them is drawn, or are drawn as nothing at all. */
const SHAPE_SHIFTERS =
  /[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]|\u034f|[\u115f\u1160]|[\u17b4\u17b5]|[\u180b-\u180f]|\u3164|\uffa0/gu;
const ASCII_ONLY = /^[\x20-\x7e]*$/;

/** The cells of one character that {@link safeText} let through. */
function cellsOfCharacter(character: string): number {
  // No mark and nothing wide stands before: the regular expressions are for the rest.
  if (character < '\u0300') return 1;
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

export function cellsOf(text: string): number {
  if (ASCII_ONLY.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
}

/**
 * Text from anywhere on one line of a terminal: no escape sequence, no line feed, no bidi override, no invisible
 * character, no tower of marks. With `ascii` everything else becomes visible as `\u{e9}`: in a terminal that doesn't
 * read UTF-8 the second byte of a letter may be a control character.
 */
export function safeText(text: string, ascii = false): string {
  if (ASCII_ONLY.test(text)) return text;
  const line = plainLine(text).replace(SHAPE_SHIFTERS, visible);
  if (ascii) return line.replace(/[^\x20-\x7e]/gu, visible);
  let marks = 0;
  let safe = '';
  for (const character of line) {
    marks = MARK.test(character) ? marks + 1 : 0;
    // A mark that leads would stand on whatever is left of it.
    const leads = marks === 1 && safe === '';
    safe += leads || marks > MARKS_AT_MOST ? visible(character) : character;
  }
  return safe;
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The beginning of a text, as far as it fits; the last cell says when something is missing. */
export function clipText(text: string, cells: number, more = '…'): string {
  if (cellsOf(text) <= cells) return text;
  const room = cells - cellsOf(more);
  if (room < 0) return '';
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += cellsOfCharacter(character);
    if (used > room) break;
    kept += character;
  }
  return kept + more;
}

/** The same text in lines of at most so many cells. */
export function wrapText(text: string, cells: number): string[] {
  const room = Math.max(2, cells);
  if (ASCII_ONLY.test(text)) return text.match(new RegExp(`.{1,${room}}`, 'g')) ?? [''];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const character of text) {
    const more = cellsOfCharacter(character);
    if (used + more > room) {
      lines.push(line);
      line = '';
      used = 0;
    }
    line += character;
    used += more;
  }
  return [...lines, line];
}
