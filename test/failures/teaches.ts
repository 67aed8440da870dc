import { expect } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { Answer } from '../story/client.ts';

/** An error that tells what was wrong, what it left behind and what to do, without a stack trace. */
export function expectTeaches(answer: Answer, code: ErrorCode, rule?: string): void {
  const { text } = answer;
  expect(answer.isError, text).toBe(true);
  expect(text).toContain(`[${code}]`);
  if (rule !== undefined) expect(text).toContain(`Rule: ${rule}`);
  expect(text).toMatch(/^Next: \S.{10,}/m);
  expect(text).not.toMatch(/^\s+at /m);
  expect(text).not.toContain('node_modules');
  expect(text).not.toContain('[internal]');
}

/** The same, and the cluster is as it was. */
export function expectRefused(answer: Answer, code: ErrorCode, rule?: string): void {
  expectTeaches(answer, code, rule);
  expect(answer.text).toContain('Nothing was changed.');
}
