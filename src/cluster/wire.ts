import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { crashpoint } from '../core/crashpoint.ts';
import { StratusError } from '../core/errors.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import type { Dispatchers } from './dispatchers.ts';
import { type Exchange, type ExchangeRequest, startExchange } from './exchange.ts';
import { ExchangeError } from './exchange-error.ts';
import type { CallOptions } from './types.ts';

/** What stands behind a ClusterConnection. */
export interface Wire {
  readonly origin: string;
  /** The path of the server's URL, for servers behind a prefix. */
  readonly basePath: string;
  readonly host: string;
  readonly contextName: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly credentials: CredentialSource;
  readonly dispatchers: Dispatchers;
  readonly observe: ObserveExchange | undefined;
}

/** One request that was sent, or was to be: for the log. */
export interface Observed {
  readonly method: ExchangeRequest['method'];
  readonly path: string;
  readonly auditId?: string | undefined;
  /** Absent when no answer came. */
  readonly status?: number;
  /** Until the answer began, or the failure. */
  readonly ms: number;
  readonly failure?: string;
}

export type ObserveExchange = (exchange: Observed) => void;

export interface WireRequest {
  /** Names the crash points around it: `cluster.WHAT.before` and `cluster.WHAT.after`. */
  readonly what: string;
  readonly method: ExchangeRequest['method'];
  /** From `/api` or `/apis` on, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly mayLeave?: (() => boolean) | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** 401, and other credentials may be had by asking again. */
  readonly renewable: boolean;
}

export interface StreamedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  readonly renewable: boolean;
}

// More than any page of a list has; an answer without end must not fill the memory.
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

const wires = new WeakMap<object, Wire>();

export function attachWire(connection: object, wire: Wire): void {
  wires.set(connection, wire);
}

export function wireOf(connection: object): Wire {
  const wire = wires.get(connection);
  if (!wire) throw new StratusError('internal', 'This is not a connection of connectCluster.');
  return wire;
}

/** Sends one request, once, and reads the whole answer. @throws ExchangeError, StratusError (credentials). */
export async function exchangeWhole(
  wire: Wire,
  request: WireRequest,
  options: CallOptions = {},
): Promise<Answer> {
  crashpoint?.(`cluster.${request.what}.before`);
  const { status, headers, body, renewable } = await open(wire, request, options, 'whole');
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  crashpoint?.(`cluster.${request.what}.after`);
  return { status, headers, bytes: Buffer.concat(chunks), renewable };
}

/**
 * Sends one request; the time limit holds until the headers are there, after that the body may take
 * as long as it likes. An ExchangeError destroys it.
 */
export async function exchangeStream(
  wire: Wire,
  request: WireRequest,
  options: CallOptions = {},
): Promise<StreamedAnswer> {
  crashpoint?.(`cluster.${request.what}.before`);
  const answer = await open(wire, request, options, 'stream');
  crashpoint?.(`cluster.${request.what}.after`);
  return answer;
}

async function open(
  wire: Wire,
  request: WireRequest,
  options: CallOptions,
  mode: 'whole' | 'stream',
): Promise<StreamedAnswer> {
  const { observe } = wire;
  if (observe === undefined) return begin(wire, request, options, mode);
  const started = wire.clock.monotonic();
  const { method, path, headers } = request;
  const told = (result: { status: number } | { failure: string }) => {
    const ms = Math.round((wire.clock.monotonic() - started) * 10) / 10;
    observe({ method, path, auditId: headers['audit-id'], ms, ...result });
  };
  try {
    const answer = await begin(wire, request, options, mode);
    told({ status: answer.status });
    return answer;
  } catch (error) {
    told({ failure: error instanceof ExchangeError ? error.why : 'credentials' });
    throw error;
  }
}

async function begin(
  wire: Wire,
  request: WireRequest,
  options: CallOptions,
  mode: 'whole' | 'stream',
): Promise<StreamedAnswer> {
  const { signal } = options;
  const timeoutMs = options.timeoutMs ?? wire.timeoutMs;
  const late = `did not answer within ${timeoutMs / 1000} s`;
  let stop: (why: 'aborted' | 'timeout', message: string) => void = () => {};
  const timer = setTimeout(() => stop('timeout', late), timeoutMs);
  const onAbort = () => stop('aborted', 'was not waited for: the call was cancelled');
  // The parallel requests of one call share its signal; each takes its listener off again.
  if (signal) setMaxListeners(0, signal);
  signal?.addEventListener('abort', onAbort, { once: true });
  const release = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  try {
    const credentials = await new Promise<Credentials>((resolve, reject) => {
      stop = (why, message) => {
        const slow = why === 'timeout' ? wire.credentials.late(timeoutMs / 1000) : undefined;
        reject(slow ?? new ExchangeError(why, message, { sent: false }));
      };
      if (signal?.aborted) onAbort();
      wire.credentials.current().then(resolve, reject);
    });
    if (signal?.aborted) throw new ExchangeError('aborted', 'was not asked', { sent: false });
    return await new Promise<StreamedAnswer>((resolve, reject) => {
      let bytes = 0;
      let exchange: Exchange | undefined;
      const body = new Readable({
        read: () => exchange?.resume(),
        destroy(error, done) {
          exchange?.cancel('aborted', 'was not waited for');
          release();
          done(error);
        },
      });
      // Whoever iterates gets the error too; without a listener it would end the process.
      body.on('error', () => {});
      exchange = startExchange(
        wire.dispatchers.for(credentials),
        {
          origin: wire.origin,
          method: request.method,
          path: wire.basePath + request.path,
          headers: { ...credentials.headers, 'user-agent': 'stratus-mcp', ...request.headers },
          body: request.body,
          mayLeave: request.mayLeave,
        },
        {
          start(status, headers) {
            const renewable = status === 401 && wire.credentials.forget(credentials);
            if (mode === 'stream') clearTimeout(timer);
            resolve({ status, headers, body, renewable });
          },
          data(chunk) {
            bytes += chunk.length;
            if (mode === 'whole' && bytes > MAX_ANSWER_BYTES) {
              exchange?.cancel('too-large', 'answered with more than 256 MiB');
              return false;
            }
            return body.push(chunk);
          },
          end() {
            release();
            body.push(null);
          },
          fail(error) {
            release();
            reject(error);
            body.destroy(error);
          },
        },
      );
      stop = (why, message) => exchange?.cancel(why, message);
    });
  } catch (error) {
    release();
    throw error;
  }
}
