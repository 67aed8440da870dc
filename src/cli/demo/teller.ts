import type { Clock } from '../../core/clock.ts';
import {
  arrayOf,
  at,
  type JsonObject,
  numberOf,
  objectsOf,
  stringifyJson,
  stringOf,
} from '../../core/json.ts';
import { plainLine } from '../../core/plain-text.ts';
import type { ClientAnswer } from '../../server/in-process.ts';

/** Writes the story to a terminal. */
export interface Teller {
  say(text: string): void;
  chapter(title: string): void;
  /** Something that the reader should know, with the time since the start. */
  note(text: string): void;
  call(tool: string, args: JsonObject, answer: ClientAnswer): void;
  /** Remembers a measurement for the chart. */
  severity(value: number, when: string): void;
  chart(): void;
  /** Seconds since the start. */
  elapsed(): number;
}

const WIDTH = 100;
const INDENT = 9;
const BAR = 40;
/** Of one answer's text. */
const LINES = 5;

const CODES = { bold: '1', dim: '2', red: '31', green: '32', cyan: '36' };
type Paint = (style: keyof typeof CODES, text: string) => string;

export function createTeller(
  write: (text: string) => unknown,
  colour: boolean,
  clock: Clock,
): Teller {
  const started = clock.monotonic();
  const paint: Paint = (style, text) => (colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
  const points: { readonly at: number; readonly value: number; readonly when: string }[] = [];
  const elapsed = () => (clock.monotonic() - started) / 1000;
  const stamp = () => paint('dim', `${elapsed().toFixed(1).padStart(5)} s `);
  const say = (text: string) => write(`${text}\n`);
  const below = (text: string, style?: keyof typeof CODES) => {
    for (const line of shortened(wrapped(plainLine(text), WIDTH - INDENT))) {
      say(' '.repeat(INDENT) + (style === undefined ? line : paint(style, line)));
    }
  };

  const change = (it: JsonObject) => {
    const kubectl = stringOf(it.kubectl);
    if (kubectl !== undefined) below(`$ ${kubectl}`, 'cyan');
    for (const line of (stringOf(it.diff) ?? '').split('\n')) {
      if (/^-(?!--)/.test(line)) below(line, 'red');
      if (/^\+(?!\+\+)/.test(line)) below(line, 'green');
    }
    const undo = stringOf(it.undo);
    if (undo !== undefined) below(`way back: ${undo}`);
  };

  return {
    say,
    elapsed,
    chapter: (title) => say(`\n${paint('bold', title)}`),
    note: (text) => {
      const [first = '', ...rest] = wrapped(text, WIDTH - INDENT);
      say(`${stamp()} ${first}`);
      for (const line of rest) say(' '.repeat(INDENT) + line);
    },
    call(tool, args, { data, isError, text }) {
      say(`${stamp()} ${paint('bold', `→ ${tool}`)} ${paint('dim', argsText(tool, args))}`);
      const { hypothesis, evidence } = args;
      if (hypothesis !== undefined) {
        below(`suspects: ${stringOf(hypothesis)}`);
        below(`because:  ${arrayOf(evidence).join('; ')}`);
      }
      if (isError) return text.split('\n').forEach((line) => void below(line, 'red'));
      const status = stringOf(data.status);
      const style = status === 'undone' ? 'red' : status === 'committed' ? 'green' : undefined;
      below(stringOf(data.summary) ?? '', style);
      const event = objectsOf(data.events).reduce<JsonObject | undefined>(wordier, undefined);
      if (event !== undefined) below(`${stringOf(event.object)}: ${stringOf(event.message)}`);
      const manifest = (stringOf(data.manifest) ?? '').split('\n');
      for (const line of manifest) if (!/^(<|$)/.test(line)) below(line);
      if (tool.startsWith('mitigate_')) objectsOf(data.changes).forEach(change);
    },
    severity: (value, when) => {
      points.push({ at: elapsed(), value, when });
    },
    chart() {
      const top = Math.max(1, ...points.map(({ value }) => value));
      const worst = points.reduce((most, { when }) => Math.max(most, when.length), 0);
      say(`\n${paint('bold', 'Severity over time')}`);
      for (const point of points) {
        const bar = '█'.repeat(Math.ceil((point.value / top) * BAR));
        const number = String(Math.round(point.value * 100) / 100).padStart(6);
        const time = `${point.at.toFixed(1).padStart(5)} s`;
        const style = point.value === 0 ? 'green' : 'red';
        say(`${time}  ${point.when.padEnd(worst)} ${paint(style, `${number} ${bar}`).trimEnd()}`);
      }
    },
  };
}

/** Severities that an answer tells, with what they are of. */
export function severitiesOf({ data }: ClientAnswer, what: string): [number, string][] {
  const named: readonly [string, string][] = [
    ['severity', what],
    ['severity_after', `${what}: measured by the gate`],
    ['severity_after_undo', `${what}: after the undo`],
  ];
  return named.flatMap(([key, when]): [number, string][] => {
    const value = numberOf(at(data, key));
    return value === undefined ? [] : [[value, when]];
  });
}

/** Of several events about one thing the longest message tells why. */
function wordier(one: JsonObject | undefined, other: JsonObject): JsonObject {
  const length = (it: JsonObject | undefined) => stringOf(it?.message)?.length ?? -1;
  return length(other) > length(one) || one === undefined ? other : one;
}

/** The arguments of a call on one line; a hypothesis has lines of its own. */
function argsText(tool: string, args: JsonObject): string {
  const { hypothesis, evidence, ...short } = args;
  const line = plainLine(stringifyJson(short));
  const room = WIDTH - INDENT - tool.length - 3;
  return line.length > room ? `${line.slice(0, room - 1)}…` : line;
}

function shortened(lines: readonly string[]): readonly string[] {
  return lines.length > LINES ? [...lines.slice(0, LINES - 1), `${lines[LINES - 1]} …`] : lines;
}

/** Lines of at most so many characters where words allow it; leading space stays. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const cut = space > width / 2 ? space : width;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
