import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type Breakdown, breakdownOf, ExchangeError } from './exchange-error.ts';

export interface ExchangeRequest {
  readonly origin: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | undefined;
  /** Asked at the last moment before the request is written. */
  readonly mayLeave?: (() => boolean) | undefined;
}

/** Receives one answer, piece by piece. `end` or `fail` comes last, once. */
export interface Sink {
  start(status: number, headers: IncomingHttpHeaders): void;
  /** False asks for a pause. */
  data(chunk: Buffer): boolean;
  end(): void;
  fail(error: ExchangeError): void;
}

export interface Exchange {
  /** Ends it now. `fail` is called before this returns, unless it had ended already. */
  cancel(why: Extract<Breakdown, 'aborted' | 'timeout' | 'too-large'>, message: string): void;
  /** Goes on after a pause. */
  resume(): void;
}

/**
 * One HTTP request, sent at most once, that knows whether it may have left this machine:
 * undici tells when it has a connected socket and is about to write, and until then nothing was
 * sent. (`undici.request` doesn't tell, and can't be aborted while it connects.)
 */
export function startExchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  sink: Sink,
): Exchange {
  let controller: Dispatcher.DispatchController | undefined;
  let status: number | undefined;
  let ended = false;

  const fail = (why: Breakdown, message: string, cause?: unknown) => {
    if (ended) return;
    ended = true;
    sink.fail(new ExchangeError(why, message, { sent: controller !== undefined, status, cause }));
  };

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      // A second start would be a second send.
      if (ended || controller !== undefined) {
        started.abort(new Error('not sent again'));
        return;
      }
      if (request.mayLeave?.() === false) {
        fail('aborted', 'was not asked: the leave to write was over');
        started.abort(new Error('not sent'));
        return;
      }
      controller = started;
    },
    onResponseStart(_controller, code, headers) {
      if (code < 200 || ended) return;
      status = code;
      sink.start(code, headers);
    },
    onResponseData(from, chunk) {
      if (!ended && !sink.data(chunk)) from.pause();
    },
    onResponseEnd() {
      if (ended) return;
      ended = true;
      // undici takes the connection back in the next turn; whoever asks sooner opens another one.
      setImmediate(() => setImmediate(() => sink.end()));
    },
    onResponseError(_controller, error) {
      const { why, message } = breakdownOf(error);
      fail(why, message, error);
    },
  };

  const { origin, method, path, headers, body } = request;
  dispatcher.dispatch({ origin, method, path, headers, body: body ?? null }, handler);

  return {
    cancel(why, message) {
      if (ended) return;
      fail(why, message);
      controller?.abort(new Error(message));
    },
    resume: () => controller?.resume(),
  };
}
