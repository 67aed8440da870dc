import { cellsOf, safeText, wrapText } from './cells.ts';
import { layOut } from './layout.ts';
import { clipLine, joined, type Line, type Look, span } from './line.ts';
import { type LeaseSight, type Section, sectionsOf } from './sections.ts';
import type { WatchState } from './state.ts';
import type { View } from './view.ts';
import { clockOf } from './words.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Everything that the screen shows. */
export interface Watched {
  readonly journal: string;
  /** What was read last; undefined before the journal could be read at all. */
  readonly state: WatchState | undefined;
  /** Why it can't be read now. */
  readonly trouble: string | undefined;
  readonly lease: LeaseSight | undefined;
}

export interface Frame {
  /** As many as the terminal has rows, none wider than its columns. */
  readonly lines: readonly Line[];
  /** Where typing goes, from 0; the cursor is hidden otherwise. */
  readonly cursor: { readonly row: number; readonly column: number } | undefined;
}

const QUESTION_LINES = 3;

export function sectionsNow(watched: Watched, now: number, look: Look): Section[] {
  const { state, lease } = watched;
  return state === undefined ? [] : sectionsOf(state, lease, now, look);
}

/** The screen at a moment. Pure: the same arguments make the same lines. */
export function render(watched: Watched, view: View, size: Size, now: number, look: Look): Frame {
  const rows = Math.max(1, size.rows);
  const columns = Math.max(1, size.columns);
  const head = headLines(watched, now, look);
  const { below, typing } = footOf(view, columns, look);
  const room = Math.max(0, rows - head.length - below.length);
  const body = bodyOf(watched, view, { columns, room }, now, look);
  const filled = [...body, ...Array.from({ length: Math.max(0, room - body.length) }, () => [])];
  // On a terminal of a few rows what is asked matters most.
  const lines = [...head, ...filled.slice(0, room), ...below].slice(-rows);
  while (lines.length < rows) lines.push([]);
  const clipped = lines.map((line) => clipLine(line, columns, look));
  const cursor =
    typing === undefined
      ? undefined
      : { row: lines.length - 1, column: Math.min(typing, columns - 1) };
  return { lines: clipped, cursor };
}

/** How many lines of a text fit, and the last `top` that fills them. */
export function pageOf(watched: Watched, view: View, size: Size, now: number, look: Look) {
  const columns = Math.max(1, size.columns);
  const { below } = footOf(view, columns, look);
  const head = headLines(watched, now, look).length;
  const room = Math.max(1, size.rows - head - below.length - (view.pane.kind === 'list' ? 0 : 1));
  const total = view.pane.kind === 'list' ? 0 : textLines(view.pane.text, columns, look).length;
  return { page: room, last: Math.max(0, total - room) };
}

function headLines({ journal, state, trouble }: Watched, now: number, look: Look): Line[] {
  const first = joined([
    span('stratus-mcp watch', 'title', look),
    span(`${clockOf(now)} UTC`, 'plain', look),
    span(journal, 'dim', look),
  ]);
  if (trouble === undefined) return [first];
  const asOf =
    state === undefined ? 'nothing was read yet' : `what follows is of ${clockOf(state.at)}`;
  return [first, [span(`! ${trouble} Trying again; ${asOf}.`, 'bad', look)]];
}

function bodyOf(
  watched: Watched,
  view: View,
  { columns, room }: { columns: number; room: number },
  now: number,
  look: Look,
): Line[] {
  const { pane, chosen } = view;
  if (pane.kind === 'list') return layOut(sectionsNow(watched, now, look), chosen, room, look);
  const lines = textLines(pane.text, columns, look);
  const fits = Math.max(0, room - 1);
  const top = Math.max(0, Math.min(pane.top, lines.length - fits));
  const shown = lines.slice(top, top + fits);
  const place =
    lines.length > fits ? `lines ${top + 1} to ${top + shown.length} of ${lines.length}` : '';
  const title = joined([span(pane.title, 'title', look), span(place, 'dim', look)]);
  return [title, ...shown.map((text): Line => [{ text, tone: 'plain' }])];
}

/** The text that is read stays the same from one second to the next, and may be long. */
let wrapped = { key: '', text: '', lines: [''] };

function textLines(text: string, columns: number, look: Look): string[] {
  const key = `${columns} ${look.unicode}`;
  if (wrapped.key !== key || wrapped.text !== text) {
    const lines = text
      .trimEnd()
      .split('\n')
      .flatMap((line) => wrapText(safeText(line, !look.unicode), columns));
    wrapped = { key, text, lines };
  }
  return wrapped.lines;
}

const HINTS: Readonly<Record<'list' | 'text', string>> = {
  list: 'j/k choose  Enter details  a approve  r refuse  ? help  q quit',
  text: 'Esc back  j/k scroll  a approve  r refuse  q quit',
};

/** The lowest lines: what was asked and typed, what was said, or which keys there are. */
function footOf(
  { pane, message }: View,
  columns: number,
  look: Look,
): { below: Line[]; typing: number | undefined } {
  if (pane.kind !== 'ask') {
    const { text, tone } = message ?? { text: HINTS[pane.kind], tone: 'dim' as const };
    return { below: [[span(text, tone, look)]], typing: undefined };
  }
  const question = wrapText(safeText(pane.question.trim(), !look.unicode), columns)
    .slice(0, QUESTION_LINES)
    .map((text): Line => [{ text, tone: 'bold' }]);
  const typed = tail(safeText(pane.typed, !look.unicode), columns - 3);
  const input: Line = [
    { text: '> ', tone: 'bold' },
    { text: typed, tone: 'plain' },
  ];
  return { below: [...question, input], typing: 2 + cellsOf(typed) };
}

/** The end of a text, where typing goes on. */
function tail(text: string, cells: number): string {
  const characters = [...text];
  while (cellsOf(characters.join('')) > Math.max(0, cells)) characters.shift();
  return characters.join('');
}
