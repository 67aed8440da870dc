import { type ErrorCode, StratusError } from '../core/errors.ts';
import { NoRealAnswer } from '../core/no-real-answer.ts';
import type { ClusterConnection } from './connect.ts';
import { ExchangeError } from './exchange-error.ts';
import { type ServerStatus, statusIn } from './status.ts';
import { type Answer, wireOf } from './wire.ts';

/** What a 404 means for this kind of read. */
export type Missing = Extract<ErrorCode, 'not_found' | 'unknown_resource'>;

/** The StratusError for a refusal of the API server, in the server's own words. */
export function refusal(
  connection: ClusterConnection,
  status: ServerStatus,
  missing: Missing = 'not_found',
): StratusError {
  const said = `The API server says: ${status.message}`;
  const rule = status.reason;
  switch (status.code) {
    case 401:
      return new StratusError(
        'unauthenticated',
        `The API server at ${wireOf(connection).host} does not accept the credentials of context "${connection.contextName}".`,
        { rule },
      );
    case 403:
      return new StratusError('forbidden', said, {
        rule,
        next: `observe_api {"namespace":"${connection.defaultNamespace}"} shows what this server's identity may do there, in the namespace of its context; its administrator may grant more.`,
      });
    case 404:
      if (status.genuine) return new StratusError(missing, said, { rule });
      return new StratusError('cluster_error', said, { rule, cause: new NoRealAnswer() });
    case 410:
      return new StratusError('conflict', said, {
        rule,
        next: 'What was being read is too old by now: start reading again from the beginning.',
      });
    default: {
      const { code } = status;
      if (code < 500 && code !== 408 && code !== 429) {
        return new StratusError('cluster_error', said, { rule });
      }
      const next = 'The API server is not well just now: call again in some seconds.';
      return new StratusError('cluster_error', said, { rule, next, cause: new NoRealAnswer() });
    }
  }
}

/** The StratusError for a read that got no whole answer. */
export function unreachable(connection: ClusterConnection, error: unknown): unknown {
  if (!(error instanceof ExchangeError)) return error;
  if (error.why === 'aborted') {
    return new StratusError('cancelled', 'The call was cancelled.', { cause: error });
  }
  const message = `The API server at ${wireOf(connection).host} ${error.message}.`;
  return new StratusError('cluster_unreachable', message, { rule: error.why, cause: error });
}

/** Runs one read and turns whatever went wrong into a StratusError. */
export async function answered(
  connection: ClusterConnection,
  ask: Promise<Answer>,
  missing?: Missing,
): Promise<Answer> {
  const answer = await ask.catch((error: unknown) => {
    throw unreachable(connection, error);
  });
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refusal(connection, statusIn(answer.status, answer.bytes), missing);
}

/** The API server answered 2xx with something that isn't what it should be. */
export function unintelligible(connection: ClusterConnection, what: string): StratusError {
  return new StratusError(
    'cluster_error',
    `The API server at ${wireOf(connection).host} answered with something that is not ${what}.`,
    { cause: new NoRealAnswer() },
  );
}
