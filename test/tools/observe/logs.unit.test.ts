import { describe, expect, it } from 'vitest';
import { withoutAnsi } from '../../../src/core/plain-text.ts';
import { DEFAULT_REDACTION } from '../../../src/core/redact-text.ts';
import { createGrep } from '../../../src/tools/observe/logs/grep.ts';
import { fitNewest, readLines } from '../../../src/tools/observe/logs/lines.ts';
import type { LogRead } from '../../../src/tools/observe/logs/read.ts';
import { showGrouped, showMerged } from '../../../src/tools/observe/logs/show.ts';

const CANARY = 'c4n4ry-Pa55word';
const rules = DEFAULT_REDACTION;
const at = (second: number, text: string) => `2026-01-01T00:00:0${second}.123456789Z ${text}`;
const texts = (log: string) => readLines(log, rules).map(({ text }) => text);

describe('withoutAnsi', () => {
  it.each([
    ['colours', '\u001b[1;31mERROR\u001b[0m boom', 'ERROR boom'],
    ['cursor movements', 'a\u001b[2K\u001b[1Gb', 'ab'],
    ['titles and links', '\u001b]0;owned\u0007x\u001b]8;;http://a\u001b\\y', 'xy'],
    ['the one-byte introducer', '\u009b31mred', 'red'],
    ['short escapes', '\u001b(Bx\u001b7', 'x'],
  ])('removes %s', (_, text, plain) => {
    expect(withoutAnsi(text)).toBe(plain);
  });

  it('keeps an unfinished sequence from eating the next line', () => {
    expect(withoutAnsi('\u001b]0;never ends\nnext')).toContain('next');
  });
});

describe('readLines', () => {
  it('keeps the stamps apart from what a line says', () => {
    expect(readLines(`${at(1, 'one')}\n${at(2, 'two')}\n`, rules)).toEqual([
      { time: '2026-01-01T00:00:01.123456789Z', text: 'one' },
      { time: '2026-01-01T00:00:02.123456789Z', text: 'two' },
    ]);
    expect(readLines('', rules)).toEqual([]);
  });

  it('masks what colours or stamps would hide from masking', () => {
    const log = [
      at(1, `password\u001b[0m: \u001b[32m${CANARY} with spaces`),
      at(2, 'password: |'),
      at(3, `  ${CANARY}`),
      at(4, '-----BEGIN RSA PRIVATE KEY-----'),
      at(5, CANARY),
      at(6, '-----END RSA PRIVATE KEY-----'),
      at(7, 'after\r'),
    ].join('\n');
    const lines = readLines(log, rules);
    expect(JSON.stringify(lines)).not.toContain(CANARY);
    expect(JSON.stringify(lines)).not.toContain('with spaces');
    expect(lines.at(-1)).toEqual({ time: '2026-01-01T00:00:07.123456789Z', text: 'after' });
  });

  it('leaves an ordinary log as it is', () => {
    const said = ['level=info port=80', 'GET /cart 200 3ms', '', '{"level":"warn","n":1}'];
    expect(texts(said.map((text, index) => at(index, text)).join('\n'))).toEqual(said);
  });
});

describe('createGrep', () => {
  it('gives up on one search after the other that would take for ever', () => {
    const find = createGrep({ pattern: '^(a+)+$', mode: 'regex' });
    const slow = [`${'a'.repeat(5_000)}b`];
    for (let pod = 0; pod < 3; pod++) expect(() => find(slow)).toThrow(/takes too long/);
  });

  it('takes escapes that are strict only in unicode mode', () => {
    expect(createGrep({ pattern: 'a\\-b', mode: 'regex' })(['x', 'A-B'])).toEqual([1]);
  });
});

describe('fitNewest', () => {
  it('leaves lines whole where all fit, and cuts long ones before it drops others', () => {
    const long = 'x'.repeat(5_000);
    expect(fitNewest([long, 'b'], 6_000)).toEqual({ lines: [long, 'b'], dropped: 0, cut: 0 });
    const fitted = fitNewest(['a', long, 'b'], 3_000);
    expect(fitted).toMatchObject({ dropped: 0, cut: 1 });
    expect(fitted.lines[1]).toMatch(/^x+… \(5000 characters\)$/);
    expect(fitNewest(['a'.repeat(300), 'b'.repeat(300)], 400)).toMatchObject({ dropped: 1 });
  });
});

describe('several pods', () => {
  const read = (pod: string, lines: readonly [string, string][]): LogRead => ({
    pod,
    container: 'main',
    state: 'running',
    restarts: 0,
    others: [],
    remarks: [],
    older: 0,
    lines: lines.map(([time, text]) => ({ time, text })),
  });
  const reads = [
    read('a', [
      ['2026-01-01T00:00:01.1Z', 'first'],
      ['2026-01-01T00:00:03Z', 'fourth'],
    ]),
    // The same second in another zone, and a fraction with more digits.
    read('b', [
      ['2026-01-01T01:00:01.12+01:00', 'second'],
      ['2026-01-01T00:00:02Z', 'third'],
    ]),
  ];

  it('are told in the order of time, whatever the stamps look like', () => {
    const { log = '', parts } = showMerged(reads, { timestamps: false, maxCharacters: 1_000 });
    expect(log.split('\n').slice(1, -1)).toEqual([
      '[a] first',
      '[b] second',
      '[b] third',
      '[a] fourth',
    ]);
    expect(parts.map(({ lines }) => lines)).toEqual([2, 2]);
  });

  it('count what was left out of each', () => {
    const { parts } = showMerged(reads, { timestamps: false, maxCharacters: 25 });
    expect(parts.map(({ lines }) => lines)).toEqual([1, 1]);
    expect(parts[0]?.truncated).toBe(true);
    const [part] = showGrouped(reads, { timestamps: true, maxCharacters: 1_000 });
    expect(part?.log).toContain('2026-01-01T00:00:01.1Z first');
  });
});
