import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellsOf, clipText, safeText, wrapText } from '../../src/cli/watch/cells.ts';
import { type Look, textOf } from '../../src/cli/watch/line.ts';
import { paint } from '../../src/cli/watch/paint.ts';
import { render, type Size, type Watched } from '../../src/cli/watch/render.ts';
import { FIRST_VIEW, type View } from '../../src/cli/watch/view.ts';
import { NOON } from '../journal/support-rows.ts';
import { Emulator } from './emulator.ts';
import { seenTransaction, watched } from './support.ts';

const LOOK: Look = { unicode: true, colour: true };

function screenOf(what: Watched, size: Size, view: View = FIRST_VIEW, look = LOOK): Emulator {
  const emulator = new Emulator(size.rows, size.columns);
  emulator.alternate = true;
  emulator.feed(paint(render(what, view, size, NOON, look), size, look, undefined).output);
  return emulator;
}

const textAt = (columns: number, rows: number, view?: View, what = watched('catalog')) =>
  screenOf(what, { columns, rows }, view).text();

describe('a calm screen', () => {
  test('at 80x24', () => {
    expect(textAt(80, 24)).toMatchInlineSnapshot(`
      "stratus-mcp watch  12:00:00 UTC  catalog
      APPROVALS  1 waiting for a person
        approval-1  WAITING  4:05 min left  catalog  digest ab12ab12ab12  catalog  tx…
      INCIDENTS  1 open
        inc-1  mitigation  attempt 1/3  catalog  severity unknown at opening  open 4:…
      TRANSACTIONS  1 open
        txn-1  OPEN  10:00 min left  severity 12 → 3  better  █?▃  2/5 commands  1/? …
      WRITER
        lock: catalog (process 4711)  no process 4711 runs here: it ended without giv…
        Lease: holder unknown, the cluster was not asked (--ask-cluster)  by the jour…
      CALLS  newest first, UTC
        12:00:00  ok       observe_health  catalog  catalog  12 ms  catalog











      j/k choose  Enter details  a approve  r refuse  ? help  q quit"
    `);
  });
  test('at 40x10', () => {
    expect(textAt(40, 10)).toMatchInlineSnapshot(`
      "stratus-mcp watch  12:00:00 UTC  catalog
      APPROVALS  1 waiting for a person
        approval-1  WAITING  4:05 min left  c…
      INCIDENTS  1 open
        inc-1  mitigation  attempt 1/3  catal…
      TRANSACTIONS  1 open
        txn-1  OPEN  10:00 min left  severity…
      WRITER  (0 of 2 shown)
      CALLS  newest first, UTC  (0 of 1 shown)
      j/k choose  Enter details  a approve  r…"
    `);
  });
  test('wide', () => {
    const text = textAt(180, 40);
    expect(text).toContain('severity 12 → 3  better  █?▃  2/5 commands  1/? objects');
    expect(text).toContain('severity unknown at opening');
    expect(text).toContain('no process 4711 runs here');
    expect(text).toContain('Lease: holder unknown, the cluster was not asked');
  });
});

test('what is not known is not invented', () => {
  const state = watched('x').state;
  if (state === undefined) throw new Error('no state');
  const blind = seenTransaction('txn-1', 'x', {
    now: 'unknown',
    baseline: 'not measured',
    trend: [],
  });
  const what = { ...watched('x'), state: { ...state, transactions: [blind], writer: undefined } };
  const text = textAt(120, 24, FIRST_VIEW, what);
  expect(text).toContain('severity not measured → unknown  2/5');
  expect(text).not.toMatch(/better|worse/i);
  expect(text).toContain('lock: held by nobody');
});

test('a journal that can not be read is said, with the time of what still shows', () => {
  const trouble = 'There is no journal at /x.';
  const text = textAt(100, 24, FIRST_VIEW, { ...watched('shop'), trouble });
  expect(text).toContain('! There is no journal at /x. Trying again; what follows is of 12:00:00.');
  expect(text).toContain('txn-1');
  const none = { journal: '/x', state: undefined, trouble, lease: undefined };
  expect(textAt(100, 24, FIRST_VIEW, none)).toContain('nothing was read yet');
});

test('the chosen row is on the screen however many there are, and marked without colour', () => {
  for (const chosen of ['call c40', 'txn-50', 'inc-33', 'approval-1']) {
    for (const rows of [6, 10, 24]) {
      const view: View = { chosen, pane: { kind: 'list' } };
      const name = chosen.replace('call c40', '12:00:00');
      expect(textAt(60, rows, view, watched('shop', 50))).toContain(`> ${name}`);
    }
  }
});

/** What somebody may have named something, to get at the terminal of whoever watches. */
const HOSTILE = [
  '\u001b[2J\u001b[1;1HAPPROVALS none waits',
  '\u001b]0;title\u0007\u001b]8;;http://evil\u0007link',
  '\u009b31mred\u009d0;t\u009c',
  'one\r\ntwo\n> approval-9  APPROVED',
  '\u202eevil\u2066\u2069\u200b\u200d\ufeff',
  '漢字かな交じり文'.repeat(20),
  '👩‍👩‍👧‍👦🇨🇭✅'.repeat(20),
  `z${'\u0301'.repeat(400)}`,
  '\ud800 lone \udfff',
  '\u{e0041}\ufe0f\u3164\u115f',
  '\t\b\b\b\u007f\u0000',
  'x'.repeat(5000),
];

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.array(fc.constantFrom(...HOSTILE, 'shop', ' ')).map((parts) => parts.join('')),
);

test('whatever things are called: as many lines as rows, none too wide, nothing raw', () => {
  const size = fc.record({
    columns: fc.oneof(fc.constantFrom(1, 2, 40, 80, 200), fc.integer({ min: 1, max: 200 })),
    rows: fc.oneof(fc.constantFrom(1, 2, 10, 24), fc.integer({ min: 1, max: 60 })),
  });
  const pane = fc.constantFrom('list', 'text', 'ask');
  fc.assert(
    fc.property(hostile, size, pane, fc.boolean(), fc.nat(5), (text, size, kind, unicode, top) => {
      const view: View = {
        chosen: 'txn-2',
        pane:
          kind === 'list'
            ? { kind }
            : kind === 'text'
              ? { kind, title: text, text, top }
              : { kind: 'ask', title: text, text, top, question: text, typed: text },
      };
      const look = { unicode, colour: true };
      const what = { ...watched(text, 3), trouble: text };
      const frame = render(what, view, size, NOON, look);
      expect(frame.lines.length).toBe(size.rows);
      for (const line of frame.lines) {
        expect(cellsOf(textOf(line))).toBeLessThanOrEqual(size.columns);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(textOf(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\p{Cf}\p{Cs}\u2028\u2029]/u);
        if (!unicode) expect(textOf(line)).toMatch(/^[\x20-\x7e]*$/);
      }
      expect(screenOf(what, size, view, look).strange).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

describe('cells', () => {
  test.each([
    ['abc', 3],
    ['漢字', 4],
    ['👍', 2],
    ['e\u0301', 1],
    ['', 0],
  ])('%s', (text, cells) => expect(cellsOf(text)).toBe(cells));

  test('a text is cut between characters, and the cut shows', () => {
    expect(clipText('漢字かな', 5)).toBe('漢字…');
    expect(clipText('漢字かな', 4)).toBe('漢…');
    expect(clipText('abc', 3)).toBe('abc');
    expect(clipText('abc', 0)).toBe('');
    expect(wrapText('abcdef', 4)).toEqual(['abcd', 'ef']);
  });

  test('a tower of marks is cut short, a script with marks stays', () => {
    expect(safeText('นี้')).toBe('นี้');
    expect(safeText(`a${'\u0301'.repeat(9)}`)).toContain('\\u{301}');
  });
});

describe('painting', () => {
  const size = { columns: 80, rows: 24 };

  test('writes only what changed, and nothing when nothing did', () => {
    const first = paint(render(watched('a'), FIRST_VIEW, size, NOON, LOOK), size, LOOK, undefined);
    const same = render(watched('a'), FIRST_VIEW, size, NOON, LOOK);
    expect(paint(same, size, LOOK, first.painted).output).toBe('');
    const later = render(watched('a'), { ...FIRST_VIEW, chosen: 'inc-1' }, size, NOON, LOOK);
    const { output, painted } = paint(later, size, LOOK, first.painted);
    expect(output).not.toContain('\u001b[2J');
    expect(output).not.toContain('CALLS');
    // A wider terminal is drawn anew.
    const wide = { columns: 90, rows: 24 };
    const all = paint(render(watched('a'), FIRST_VIEW, wide, NOON, LOOK), wide, LOOK, painted);
    expect(all.output.startsWith('\u001b[2J')).toBe(true);
  });

  test('without colours it says the same', () => {
    const bare = { unicode: true, colour: false };
    const plain = paint(render(watched('a'), FIRST_VIEW, size, NOON, bare), size, bare, undefined);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
    expect(plain.output).not.toMatch(/\u001b\[(?:\d+;)*[34]\d/);
    const coloured = screenOf(watched('a'), size).text();
    expect(screenOf(watched('a'), size, FIRST_VIEW, bare).text()).toBe(coloured);
  });
});
