import type { IncomingHttpHeaders } from 'node:http';
import { StratusError } from '../core/errors.ts';
import { at } from '../core/json.ts';
import { NOT_SENT } from '../core/unsent.ts';
import { ExchangeError } from './exchange-error.ts';
import { liveObject } from './live-object.ts';
import { jsonIn, statusIn } from './status.ts';
import type { ObjectKey, WriteOutcome } from './types.ts';
import type { Answer } from './wire.ts';

/** Answers that say "certainly not applied". Any other refusal says nothing sure. */
const DEFINITE = new Set([400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429]);

/** What the server's answer to a write means. */
export function outcomeOf(key: ObjectKey, answer: Answer): WriteOutcome {
  const { status, bytes } = answer;
  if (status >= 200 && status < 300) return appliedOutcome(key, answer);
  const said = statusIn(status, bytes);
  if (!DEFINITE.has(status)) {
    return { kind: 'ambiguous', status, message: `The API server answered: ${said.message}` };
  }
  const { reason, message, causes } = said;
  const retryAfterSeconds = retryAfterOf(answer.headers);
  return {
    kind: 'rejected',
    status,
    reason,
    message,
    causes,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

function appliedOutcome(key: ObjectKey, answer: Answer): WriteOutcome {
  const { status, bytes } = answer;
  const object = liveObject(key, bytes);
  const success = at(jsonIn(bytes), 'kind') === 'Status';
  if (!object && !success) {
    const message = `The API server answered ${status} with something that is not a Kubernetes object.`;
    return { kind: 'ambiguous', status, message };
  }
  return {
    kind: 'applied',
    status,
    ...(object ? { object } : {}),
    warnings: warningsOf(answer.headers),
  };
}

/** What a write that got no whole answer means. A defect of ours is thrown on. */
export function outcomeOfBreakdown(host: string, error: unknown): WriteOutcome {
  // Credentials or a proxy that can't be used: found out before anything is sent.
  if (error instanceof StratusError) return notSent(error.message);
  if (!(error instanceof ExchangeError)) throw error;
  const message = `The API server at ${host} ${error.message}.`;
  const { status } = error;
  if (!error.sent) return notSent(message);
  if (status !== undefined && DEFINITE.has(status)) {
    return { kind: 'rejected', status, reason: `HTTP${status}`, message, causes: [] };
  }
  return { kind: 'ambiguous', ...(status === undefined ? {} : { status }), message };
}

function notSent(message: string): WriteOutcome {
  return { kind: 'rejected', status: 0, reason: NOT_SENT, message, causes: [] };
}

/** Seconds of `Retry-After` (RFC 9110 10.2.3); the API server never gives a date. */
function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

/** The texts of `Warning: 299 - "…"` headers (RFC 7234 5.5), which the API server sends. */
function warningsOf(headers: IncomingHttpHeaders): string[] {
  const values = [headers.warning ?? []].flat();
  return values.flatMap((value) =>
    [...value.matchAll(/\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
      text.replace(/\\(.)/g, '$1'),
    ),
  );
}
