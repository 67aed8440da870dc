import fc from 'fast-check';

/** Values that programs stumble over, whatever they were meant to be. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    ...[null, true, false, -1, 0, 0.5, 1e308, 2 ** 53, '', ' ', '.', '..', 'a/b', '../../etc'],
    ...['x'.repeat(300), 'ä', '\u0000', '\u202Eevil', '\u001b[2J\u001b]0;x\u0007', '\ud800', '*'],
    ...[
      '<cluster>',
      '%2e%2e',
      '?a=b',
      '#',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
    ],
    ...['$(reboot)', '; reboot', "' OR 1=1 --", '{{ .Values }}', '$HOME', '!!js/x', '&a [*a]'],
    ...['apps/v9 Deployment', 'v1 Nonsense', 'deployments/scale', 'pods/exec', 'a=b,c in (', '!'],
    ...['P1D', '15m', '-1h', '99999h', 'NaN', '1e9999', '0x10', '9007199254740993', '-0', '1_000'],
    ...[[], {}, [[]], [null], [{}], ['*', '*'], { a: null }, { '': '' }, { 'a/b/c': 'd' }],
    ...[{ constructor: 'x' }, JSON.parse('{"__proto__": {"polluted": true}}'), 'kube-system'],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);
