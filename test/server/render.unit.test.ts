import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LARGEST_ANSWER } from '../../src/server/answer-limit.ts';
import { renderResult } from '../../src/server/render.ts';

const text = (payload: Record<string, unknown>) => {
  const [first] = renderResult(payload).content;
  return first?.type === 'text' ? first.text : '';
};

test('nothing that deceives a reader leaves, wherever a tool put it', () => {
  const hostile = 'ok\u202Egnp.exe\u202C \u001b[2J\u009b31m \u200b\u2028 \ud800 \u0007 tab\tline\n';
  const payload = { summary: hostile, rows: [{ [hostile]: [hostile] }] };
  const { structuredContent } = renderResult(payload);
  const seen = JSON.stringify(structuredContent) + text(payload);
  expect(seen).not.toMatch(/[\p{Cf}\p{Cs}\u2028\u2029\u007f-\u009f]|\\u00|\\[bfr]/u);
  expect(structuredContent).toMatchObject({
    summary: expect.stringContaining('ok\\u{202e}gnp.exe'),
  });
  expect(structuredContent).toMatchObject({ summary: expect.stringMatching(/tab\tline\n$/) });
});

test('clean text is passed on as it is', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme-ascii' })), (payload) => {
      expect(renderResult(payload).structuredContent).toEqual(payload);
    }),
  );
});

test('an answer over the limit is shortened, says where, and keeps what the caller needs', () => {
  const diff = 'x'.repeat(5_000);
  const payload = {
    summary: 's'.repeat(300),
    next: 'call again',
    transaction: 'txn-7',
    changes: Array.from({ length: 40 }, (_, i) => ({ object: `ConfigMap/${i}`, diff })),
  };
  const { structuredContent } = renderResult(payload);
  expect(text(payload).length).toBeLessThanOrEqual(LARGEST_ANSWER + 1_000);
  expect(structuredContent).toMatchObject({
    summary: payload.summary,
    next: 'call again',
    transaction: 'txn-7',
    truncated: true,
    shortened: { fields: expect.arrayContaining(['changes[].diff']) },
  });
  expect(structuredContent?.changes).toContain('… (10 more)');
});

test('any payload ends below the limit or says that it was shortened', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 100, maxLength: 3_000 }), { maxLength: 400 }),
      (rows) => {
        const answer = text({ summary: 'rows', rows });
        const cut = answer.includes('"shortened"');
        expect(cut).toBe(JSON.stringify({ summary: 'rows', rows }).length > LARGEST_ANSWER);
        expect(answer.length).toBeLessThanOrEqual(LARGEST_ANSWER + 1_000);
      },
    ),
    { numRuns: 20 },
  );
});
