import { type JsonObject, stringOf } from '../../src/core/json.ts';
import type { Answer, Assistant } from '../story/client.ts';

/** A transaction that the scripted assistant has opened for one plan. */
export interface Attempt {
  readonly transaction: string;
}

export interface AttemptRequest {
  readonly reason: string;
  readonly namespaces: readonly string[];
  readonly declared: readonly JsonObject[];
}

/** The server said no. */
export class Refused extends Error {
  /** The code in brackets, as in `[policy_refused]`. */
  readonly code: string;

  constructor({ text }: Answer) {
    super(text);
    this.name = 'Refused';
    this.code = /\[(\w+)\]/.exec(text)?.[1] ?? 'error';
  }
}

/** Everything that has to happen before the first write: the one place that knows of the mode. @throws Refused */
export async function openAttempt(
  assistant: Assistant,
  { reason, namespaces, declared }: AttemptRequest,
): Promise<Attempt> {
  const answer = await assistant.call('transaction_begin', {
    reason,
    namespaces: [...namespaces],
    ...(declared.length === 0 ? {} : { declared_reductions: [...declared] }),
  });
  if (answer.isError) throw new Refused(answer);
  return { transaction: stringOf(answer.data.transaction) ?? '' };
}

/** Commits, and waits for the verdict however long it settles. @throws Refused */
export async function commitAttempt(
  assistant: Assistant,
  { transaction }: Attempt,
): Promise<JsonObject> {
  for (;;) {
    const answer = await assistant.call('transaction_commit', { transaction, wait_seconds: 45 });
    if (answer.isError) throw new Refused(answer);
    if (answer.data.status !== 'settling') return answer.data;
  }
}

/** Gives the attempt up after a refusal. What had been written in it is taken back. @throws Refused */
export async function abandonAttempt(
  assistant: Assistant,
  { transaction }: Attempt,
): Promise<JsonObject> {
  const answer = await assistant.call('transaction_abort', {
    transaction,
    reason: 'the server refused a part of the plan',
  });
  if (answer.isError) throw new Refused(answer);
  return answer.data;
}
