import { stringifyJson } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { ExchangeError } from './exchange-error.ts';
import type { CallOptions, SendOptions } from './types.ts';
import {
  type Answer,
  exchangeStream,
  exchangeWhole,
  type StreamedAnswer,
  type WireRequest,
  wireOf,
} from './wire.ts';

/** The reviews that reading code may POST. The API server answers them and stores nothing. */
const REVIEWS = {
  SelfSubjectAccessReview: 'authorization.k8s.io/v1/selfsubjectaccessreviews',
  SelfSubjectRulesReview: 'authorization.k8s.io/v1/selfsubjectrulesreviews',
  SelfSubjectReview: 'authentication.k8s.io/v1/selfsubjectreviews',
} as const;

export type ReviewKind = keyof typeof REVIEWS;

/** GET. @throws ExchangeError, StratusError for unusable credentials. */
export function read(
  connection: ClusterConnection,
  path: string,
  accept: string,
  options?: CallOptions,
): Promise<Answer> {
  const what = whatIsRead(path, accept);
  return sendRepeatable(connection, { what, method: 'GET', path, headers: { accept } }, options);
}

const API = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(.+)$/;

/** What a read is, for the name of its crash points. */
function whatIsRead(path: string, accept: string): 'about' | 'get' | 'list' | 'table' {
  const below = API.exec(path.split('?')[0] ?? '')?.[1];
  if (below === undefined) return 'about';
  if (accept.includes('as=Table')) return 'table';
  // `PLURAL`, `PLURAL/NAME`, `namespaces/N/PLURAL`, `namespaces/N/PLURAL/NAME`.
  return below.split('/').length % 2 === 0 ? 'get' : 'list';
}

/**
 * Sent once more when the connection closed before an answer began, as pooled ones now and then do,
 * and when credentials that can be renewed were refused.
 */
async function sendRepeatable(
  connection: ClusterConnection,
  request: WireRequest,
  options?: CallOptions,
): Promise<Answer> {
  const wire = wireOf(connection);
  const deadline = wire.clock.monotonic() + (options?.timeoutMs ?? wire.timeoutMs);
  try {
    const answer = await exchangeWhole(wire, request, options);
    const left = Math.floor(deadline - wire.clock.monotonic());
    if (!answer.renewable || left <= 0) return answer;
    return await exchangeWhole(wire, request, { ...options, timeoutMs: left });
  } catch (error) {
    const again = error instanceof ExchangeError && error.why === 'reset' && !error.status;
    const timeoutMs = Math.floor(deadline - wire.clock.monotonic());
    if (!again || timeoutMs <= 0 || options?.signal?.aborted) throw error;
    return exchangeWhole(wire, request, { ...options, timeoutMs });
  }
}

/** GET whose body is read as it comes: watches. @throws like {@link read}. */
export function stream(
  connection: ClusterConnection,
  path: string,
  accept: string,
  options?: CallOptions,
): Promise<StreamedAnswer> {
  const request = { what: 'watch', method: 'GET', path, headers: { accept } } as const;
  return exchangeStream(wireOf(connection), request, options);
}

/** POST of a review about oneself. @throws like {@link read}. */
export function review(
  connection: ClusterConnection,
  kind: ReviewKind,
  spec: Readonly<Record<string, unknown>>,
  options?: CallOptions,
): Promise<Answer> {
  const path = REVIEWS[kind];
  const apiVersion = path.slice(0, path.lastIndexOf('/'));
  const body = { apiVersion, kind, ...spec } as Parameters<typeof stringifyJson>[0];
  return sendRepeatable(
    connection,
    {
      what: 'review',
      method: 'POST',
      path: `/apis/${path}`,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: stringifyJson(body),
    },
    options,
  );
}

export interface Mutation {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
  readonly auditId: string;
  /** `send`; `dry.send` for the dry run of it. */
  readonly what: string;
}

/** Everything that changes what is stored. `writer.ts` alone may import it. Never sent twice. */
export function mutate(
  connection: ClusterConnection,
  mutation: Mutation,
  options?: CallOptions & Pick<SendOptions, 'mayLeave'>,
): Promise<Answer> {
  return exchangeWhole(
    wireOf(connection),
    {
      what: mutation.what,
      method: mutation.method,
      path: mutation.path,
      headers: {
        accept: 'application/json',
        'content-type': mutation.contentType,
        'audit-id': mutation.auditId,
      },
      body: mutation.body,
      mayLeave: options?.mayLeave,
    },
    options,
  );
}
