import { describe, expect, test } from 'vitest';
import { plainJson, plainLine, plainText } from '../../src/core/plain-text.ts';

describe('text from elsewhere', () => {
  test.each([
    ['an ANSI escape', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a C1 control', 'a\u009bb', 'a\\u{9b}b'],
    ['a carriage return that would overwrite the line', 'real\rfake', 'real\\u{d}fake'],
    ['NUL and DEL', '\u0000\u007f', '\\u{0}\\u{7f}'],
    ['a bidi override', 'exe.\u202egpj', 'exe.\\u{202e}gpj'],
    ['a bidi isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['zero-width characters', 'a\u200bb\u200dc\ufeff', 'a\\u{200b}b\\u{200d}c\\u{feff}'],
    ['invisible tags', 'a\u{e0041}', 'a\\u{e0041}'],
    ['line separators', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    ['a lone surrogate', 'a\ud800', 'a\\u{d800}'],
  ])('shows %s', (_what, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  test('keeps newlines, tabs, accents, right-to-left words and emoji', () => {
    const text = 'a\tb\nÄrger שלום مرحبا 日本 🚀';
    expect(plainText(text)).toBe(text);
  });

  test('stays on one line where a line is one fact', () => {
    expect(plainLine('ok\nTXN-1 COMMITTED\tby you')).toBe('ok\\nTXN-1 COMMITTED\\tby you');
  });

  test('stays the same value in JSON', () => {
    const value = { text: '\u202ea\u{e0041}\u009b\n\ud800' };
    const json = plainJson(JSON.stringify(value));

    expect(json).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(json)).toEqual(value);
  });
});
