import { expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import { loggedError } from '../../src/core/log-error.ts';

const CANARY = 'canary-5up3rs3cr3t';

const ERRORS: [what: string, thrown: unknown][] = [
  [
    'what a plugin printed',
    new StratusError('unauthenticated', 'The plugin failed.', {
      cause: new Error(`exec: {"token":"${CANARY}"}`),
    }),
  ],
  ['what did not parse', new SyntaxError(`Unexpected token in "${CANARY}"`)],
  ['what the caller sent', new StratusError('invalid_arguments', `"${CANARY}" is no name.`)],
  ['a password in a URL', new Error(`connect to https://ann:${CANARY}@proxy.example failed`)],
  ['a header', new Error(`authorization: Bearer ${CANARY}`)],
  ['what somebody threw', { token: CANARY }],
];

test.each(ERRORS)('an error in the log is without %s', (_what, thrown) => {
  expect(JSON.stringify(loggedError(thrown))).not.toContain(CANARY);
});

test('a defect can be found: type, message and place', () => {
  const logged = loggedError(new TypeError('x is not a function'));
  expect(logged).toMatchObject({ type: 'TypeError', message: 'x is not a function' });
  expect(String(logged.stack)).toContain('log.unit.test.ts');
});
