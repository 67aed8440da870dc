import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../../../src/cli/report/collect.ts';
import { html, markupOf } from '../../../src/cli/report/html.ts';
import { page } from '../../../src/cli/report/page.ts';
import type { Report } from '../../../src/cli/report/types.ts';
import { openJournalReader } from '../../../src/journal/open.ts';
import { StepState, TransactionState } from '../../../src/journal/types.ts';
import { writingJournal } from '../../journal/support.ts';
import { handClock, writeAttempts } from './incident.ts';
import { parse, type Tag } from './markup.ts';

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '</title></style><svg onload=alert(1)>',
  '<!-- ]]> --> &lt;b&gt; &amp; &#60;',
  '\u202eevil\u2066\u200b\u0000\u001b[2J\ud800',
  '`+alert(1)+`',
];

/** Any text, much of it hostile. Never empty: what is not known is left out of a page. */
const text = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => `x${parts.join('')}`);

const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

function report(): Report {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  writeAttempts(journal, epoch, clock);
  const reader = openJournalReader({ path, env: {} });
  try {
    return collect(reader, 'inc-1', {
      ...{ redaction: { keyPatterns: [] }, at: clock.now(), version: '1.2.3' },
    });
  } finally {
    reader.close();
  }
}

// Words of ours that decide about the form of the page.
const OURS: ReadonlySet<string> = new Set([
  ...Object.values(StepState),
  ...Object.values(TransactionState),
  ...['ok', 'refused', 'failed', 'HYPOTHESIS', 'none', 'exact', 'diff', 'all'],
]);
const OUR_KEYS: ReadonlySet<string> = new Set([
  ...[
    'id',
    'kind',
    'phase',
    'state',
    'class',
    'verb',
    'call',
    'transaction',
    'session',
    'hash',
    'diff',
  ],
  ...['from', 'to', 'deferred', 'chain'],
]);

/** The report with every text of others replaced. */
function spoiled<T>(value: T, hostile: string, key = ''): T {
  if (typeof value === 'string') return (OURS.has(value) ? value : hostile) as T;
  if (Array.isArray(value)) return value.map((item) => spoiled(item, hostile, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => {
    const rename = key === 'args' || key === 'bounds' ? hostile : name;
    return [
      rename,
      OUR_KEYS.has(name) && typeof item === 'string'
        ? item
        : name === 'chain' || name === 'diff'
          ? item
          : spoiled(item, hostile, name),
    ];
  });
  return Object.fromEntries(entries) as T;
}

// Values of attributes are compared too, but for those two that are meant to carry text.
const shape = (tags: readonly Tag[]) =>
  tags.map(({ name, attributes }) =>
    [
      name,
      ...[...attributes].map(([key, value]) => (key === 'aria-label' ? key : `${key}=${value}`)),
    ].join(' '),
  );

test('no element and no attribute comes from data', () => {
  const plain = report();
  const expected = shape(parse(page(plain)).tags);
  fc.assert(
    fc.property(text, (hostile) => {
      const { tags, text: words } = parse(page(spoiled(plain, hostile)));
      expect(shape(tags)).toEqual(expected);
      // Newlines and tabs stay what they are.
      expect(DECEPTIVE.exec(words.replace(/[\n\t]/g, ''))).toBeNull();
    }),
    { numRuns: 100 },
  );
});

test('what is filled into a template is read back as the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (filled) => {
      const { tags, text: words } = parse(markupOf(html`<p title="${filled}">${filled}</p>`));
      const seen = filled.replace(new RegExp(DECEPTIVE, 'gu'), (it) =>
        it === '\n' || it === '\t' ? it : `\\u{${it.codePointAt(0)?.toString(16)}}`,
      );
      expect(tags.map(({ name }) => name)).toEqual(['p', '/p']);
      expect([words, tags[0]?.attributes.get('title')]).toEqual([seen, seen]);
    }),
  );
});

test('what only looks like markup of ours is text', () => {
  const forged = { '#markup': '<b>', markup: '<b>', toString: () => '<b>' } as unknown as string;
  expect(() => markupOf(html`${forged}`)).toThrow();
  expect(markupOf(html`${'<b>'}`)).toBe('&#60;b&#62;');
});

test('hostile diffs are lines of text', () => {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  const say = (plain: string) => `${plain}${HOSTILE.slice(0, 5).join('\n')}`;
  writeAttempts(journal, epoch, clock, say);
  const reader = openJournalReader({ path, env: {} });
  const made = page(
    collect(reader, 'txn-1', { redaction: { keyPatterns: [] }, at: clock.now(), version: '1.2.3' }),
  );
  reader.close();
  const { tags, text: words } = parse(made);
  const names = new Set(tags.map(({ name }) => name.replace('/', '')));
  for (const forbidden of ['img', 'script', 'b', 'iframe', 'link', 'form'])
    expect(names).not.toContain(forbidden);
  expect(
    tags.flatMap(({ attributes }) => [...attributes.keys()].filter((key) => key.startsWith('on'))),
  ).toEqual([]);
  expect(words).toContain('<img src=x onerror=alert(1)>');
});
