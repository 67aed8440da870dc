import { randomUUID } from 'node:crypto';

/** Makes ids. Passed in where logic depends on them, so that tests can own them. */
export interface Ids {
  /** Correlation id of one tool call, a UUID. */
  call(): string;
  /** Id of one client connection; for correlation only. */
  session(): string;
}

export const randomIds: Ids = {
  call: () => randomUUID(),
  session: () => `session-${randomUUID().slice(0, 8)}`,
};
