import { toStratusError } from '../../core/errors.ts';

/** One line of the doctor: what was looked at, what was found, what to do. */
export interface Check {
  readonly area: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** Present when there is something to do. */
  readonly next?: string;
}

export const ok = (area: string, found: string): Check => ({ area, status: 'ok', found });

export const warn = (area: string, found: string, next: string): Check => ({
  ...{ area, status: 'warn', found, next },
});

export const fail = (area: string, found: string, next: string): Check => ({
  ...{ area, status: 'fail', found, next },
});

/** What an error says, as a check that fails. */
export function failed(area: string, thrown: unknown): Check {
  const error = toStratusError(thrown);
  const cause = error.code === 'internal' ? ` ${String(error.cause)}` : '';
  return fail(area, `${error.message}${cause}`, error.next);
}
