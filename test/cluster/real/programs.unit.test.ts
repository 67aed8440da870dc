import { expect, test } from 'vitest';
import { lost } from '../traffic.ts';
import { whyNoRealNodes } from './programs.ts';

test('where real nodes are impossible, one reason tells what is missing', () => {
  expect(whyNoRealNodes({ PATH: '/nowhere' })).toMatch(
    /^real nodes need (Linux|root|.*containerd.*: apt-get install .*busybox-static.*)$/,
  );
});

test('a request is lost when it is not answered, or by a server error', () => {
  expect(lost({ '200': 7, '404': 1, '502': 2, refused: 3, timeout: 4, unresolved: 5 })).toBe(14);
  expect(lost(undefined)).toBe(0);
});
