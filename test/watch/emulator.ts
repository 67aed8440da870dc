import { cellsOf } from '../../src/cli/watch/cells.ts';

const SEQUENCE = /^\[(\??)([\d;]*)([A-Za-z])/;

/** A terminal that knows just what the watch may send; everything else is `strange`. */
export class Emulator {
  lines: string[][] = [];
  alternate = false;
  cursor = true;
  wraps = true;
  strange: string[] = [];
  #row = 0;
  #column = 0;
  #rest = '';
  #size: { rows: number; columns: number };

  constructor(rows: number, columns: number) {
    this.#size = { rows, columns };
    this.#clear();
  }

  resize(rows: number, columns: number): void {
    this.#size = { rows, columns };
    // As rough as a real one may be: nothing of the old screen can be relied on.
    this.lines = Array.from({ length: rows }, () => Array.from({ length: columns }, () => '#'));
  }

  /** The screen as text, without blanks at the ends of lines. */
  text(): string {
    return this.lines.map((line) => line.join('').trimEnd()).join('\n');
  }

  feed(text: string): void {
    let left = this.#rest + text;
    this.#rest = '';
    while (left !== '') {
      if (left.startsWith('\u001b')) {
        const match = SEQUENCE.exec(left.slice(1));
        if (match === null && left.length < 12) {
          this.#rest = left;
          return;
        }
        const [whole = '', mark = '', numbers = '', letter = ''] = match ?? [];
        if (match === null) this.strange.push(JSON.stringify(left.slice(0, 12)));
        else this.#obey(mark, numbers, letter);
        left = left.slice(1 + whole.length);
        continue;
      }
      const [character = ''] = left;
      left = left.slice(character.length);
      this.#put(character);
    }
  }

  #obey(mark: string, numbers: string, letter: string): void {
    const order = `${mark}${numbers}${letter}`;
    if (order === '?1049h') this.alternate = true;
    else if (order === '?1049l') this.alternate = false;
    else if (order === '?25h') this.cursor = true;
    else if (order === '?25l') this.cursor = false;
    else if (order === '?7h') this.wraps = true;
    else if (order === '?7l') this.wraps = false;
    else if (order === '2J') this.#clear();
    else if (order === 'K') this.#line().fill(' ', this.#column);
    else if (letter === 'H') {
      const [row = 1, column = 1] = numbers.split(';').map((number) => Number(number || 1));
      this.#row = row - 1;
      this.#column = column - 1;
    } else if (letter !== 'm') this.strange.push(order);
  }

  #put(character: string): void {
    const code = character.codePointAt(0) ?? 0;
    if (!this.alternate) return;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      this.strange.push(JSON.stringify(character));
      return;
    }
    const cells = cellsOf(character);
    const line = this.#line();
    if (cells === 0) {
      line[this.#column - 1] += character;
      return;
    }
    if (this.#column + cells > this.#size.columns) this.strange.push(`over the edge: ${character}`);
    line[this.#column] = character;
    if (cells === 2) line[this.#column + 1] = '';
    this.#column += cells;
  }

  #line(): string[] {
    const line = this.lines[this.#row];
    if (line !== undefined) return line;
    this.strange.push(`row ${this.#row}`);
    return [];
  }

  #clear(): void {
    const { rows, columns } = this.#size;
    this.lines = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ' '));
  }
}
