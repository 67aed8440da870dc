import { cellsOf } from './cells.ts';
import { type Line, type Look, type Tone, textOf } from './line.ts';
import type { Frame, Size } from './render.ts';

const ESC = '\u001b[';

const SGR: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '2',
  bold: '1',
  good: '32',
  warn: '33',
  bad: '1;31',
  title: '1;36',
  picked: '7',
};

/** The alternate screen without a cursor; a line that is too long ends at the edge and never runs on into the next. */
export const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l${ESC}2J${ESC}H`;
/** All of that back, whatever state the terminal is in. */
export const LEAVE = `${ESC}0m${ESC}?7h${ESC}?25h${ESC}?1049l`;

/** What is on the screen, to write only what differs. */
export interface Painted {
  readonly lines: readonly string[];
  readonly cursor: string;
  readonly size: Size;
}

/** What to write to get from one screen to the next; '' when nothing differs. */
export function paint(
  frame: Frame,
  size: Size,
  look: Look,
  before: Painted | undefined,
): { output: string; painted: Painted } {
  const lines = frame.lines.map((line) => painted(line, size.columns, look));
  const fresh =
    before === undefined || before.size.columns !== size.columns || before.size.rows !== size.rows;
  const changes = lines.flatMap((line, row) =>
    !fresh && before.lines[row] === line ? [] : [`${ESC}${row + 1};1H${line}`],
  );
  const { cursor: at } = frame;
  const cursor =
    at === undefined ? `${ESC}?25l` : `${ESC}${at.row + 1};${at.column + 1}H${ESC}?25h`;
  const clear = fresh ? `${ESC}2J` : '';
  const moved = changes.length > 0 || before?.cursor !== cursor;
  const output = `${clear}${changes.join('')}${moved ? cursor : ''}`;
  return { output, painted: { lines, cursor, size } };
}

function painted(line: Line, columns: number, { colour }: Look): string {
  const text = line
    .map(({ text: words, tone }) => {
      const code = SGR[tone];
      // Reverse is no colour: it stays.
      const wanted = colour || tone === 'picked' || tone === 'bold' || tone === 'title';
      const plainCode = colour ? code : code.split(';')[0];
      return wanted && code !== '' ? `${ESC}${plainCode}m${words}${ESC}0m` : words;
    })
    .join('');
  // At the right edge the cursor stands on the last character, and would erase that.
  return cellsOf(textOf(line)) < columns ? `${text}${ESC}K` : text;
}
