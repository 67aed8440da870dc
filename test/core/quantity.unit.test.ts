import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytesText,
  cpuText,
  milliOf,
  NANO,
  parseQuantity,
  quantityNumber,
  quantityOf,
  wholeOf,
} from '../../src/core/quantity.ts';

test.each([
  ['0', 0n],
  ['1', NANO],
  ['1500m', 1_500_000_000n],
  ['0.1', 100_000_000n],
  ['.5', 500_000_000n],
  ['5.', 5n * NANO],
  ['+3k', 3_000n * NANO],
  ['-2M', -2_000_000n * NANO],
  ['1Ki', 1024n * NANO],
  ['1.5Gi', 1_610_612_736n * NANO],
  ['12e6', 12_000_000n * NANO],
  ['12E-3', 12_000_000n],
  ['1E', 10n ** 18n * NANO],
  ['250000000n', 250_000_000n],
  ['7u', 7_000n],
  // Finer than the API knows: away from zero.
  ['0.1n', 1n],
  ['-0.1n', -1n],
  ['1e-300', 1n],
  // Beyond an int64: capped.
  ['1e30', (2n ** 63n - 1n) * NANO],
  ['16Ei', (2n ** 63n - 1n) * NANO],
])('%s is read as the API server reads it', (text, nano) => {
  expect(parseQuantity(text)).toBe(nano);
});

test.each([
  '',
  ' ',
  '1 ',
  ' 1',
  '1K',
  '1ki',
  '1KI',
  'Gi',
  '.',
  '-',
  '1..2',
  '1e',
  '1e3Ki',
  '1mm',
  '0x10',
  '1,5',
  'NaN',
  'Infinity',
  '１',
  '1'.repeat(300),
])('%j is not a quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});

const suffixes = {
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [1000n, 1n],
  Ki: [1024n, 1n],
  Gi: [2n ** 30n, 1n],
} as const;

test('whole amounts with any suffix are exact, however large', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 32n), max: 2n ** 32n }),
      fc.constantFrom(...(Object.keys(suffixes) as (keyof typeof suffixes)[])),
      (amount, suffix) => {
        const [times, over] = suffixes[suffix];
        expect(parseQuantity(`${amount}${suffix}`)).toBe((amount * times * NANO) / over);
      },
    ),
  );
});

test('a decimal fraction, an exponent and a suffix for the same amount are the same amount', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 9 }), (milli) => {
      const plain = `${Math.floor(milli / 1000)}.${String(milli % 1000).padStart(3, '0')}`;
      const same = [plain, `${milli}m`, `${milli}e-3`, `${milli}000u`].map(parseQuantity);
      expect(new Set(same).size).toBe(1);
    }),
  );
});

test('the order of quantities is the order of the numbers, and sums are exact', () => {
  const quantity = fc.tuple(
    fc.nat({ max: 10 ** 6 }),
    fc.constantFrom('m', '', 'k', 'Ki', 'Mi', 'M'),
  );
  fc.assert(
    fc.property(quantity, quantity, ([a, s], [b, t]) => {
      const x = parseQuantity(`${a}${s}`) ?? -1n;
      const y = parseQuantity(`${b}${t}`) ?? -1n;
      expect(Math.sign(quantityNumber(x) - quantityNumber(y))).toBe(x < y ? -1 : x > y ? 1 : 0);
      expect(x + y - y).toBe(x);
    }),
  );
});

test('no text makes it throw, and only numbers with a suffix are quantities', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      if (parseQuantity(text) !== undefined)
        expect(text).toMatch(/^[+-]?[\d.]+([eE][+-]?\d+)?[a-zA-Z]{0,2}$/);
    }),
  );
});

test('the scheduler counts milli-CPUs and whole bytes, rounded up', () => {
  expect(milliOf(1n)).toBe(1n);
  expect(milliOf(1_000_001n)).toBe(2n);
  expect(milliOf(-1_500_000n)).toBe(-1n);
  expect(wholeOf(NANO + 1n)).toBe(2n);
});

test('what is shown is what kubectl would show', () => {
  expect(cpuText(parseQuantity('2') ?? 0n)).toBe('2');
  expect(cpuText(parseQuantity('0.25') ?? 0n)).toBe('250m');
  expect(bytesText(parseQuantity('512Mi') ?? 0n)).toBe('512Mi');
  expect(bytesText(parseQuantity('1.5Gi') ?? 0n)).toBe('1.5Gi');
  expect(bytesText(parseQuantity('-1Ki') ?? 0n)).toBe('-1Ki');
  expect(bytesText(parseQuantity('1000') ?? 0n)).toBe('1000');
  expect(quantityOf(2)).toBe(2n * NANO);
  expect(quantityOf(1e21)).toBe((2n ** 63n - 1n) * NANO);
  expect(quantityOf(null)).toBeUndefined();
});
