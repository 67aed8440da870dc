import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

export interface ApiOptions {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

export interface ApiAnswer {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly body: unknown;
}

const REQUEST_TIMEOUT_MS = 20_000;

/** The API server as a kubelet uses it: JSON requests and watch streams on pooled connections. */
export class Api {
  readonly #requests: Pool;
  readonly #streams: Pool;
  readonly #token: string;
  readonly #stopped = new AbortController();

  constructor(options: ApiOptions) {
    const connect = { ca: options.caPem };
    this.#requests = new Pool(options.server, {
      connect,
      connections: 8,
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout: REQUEST_TIMEOUT_MS,
    });
    this.#streams = new Pool(options.server, { connect, headersTimeout: 0, bodyTimeout: 0 });
    this.#token = options.token;
    setMaxListeners(0, this.signal);
  }

  /** Aborted when the nodes stop. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** One request. Never throws: no answer is status 0. */
  async send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    contentType = 'application/json',
  ): Promise<ApiAnswer> {
    try {
      const answer = await this.#requests.request({
        method,
        path,
        headers: this.#headers(body === undefined ? undefined : contentType),
        body: body === undefined ? null : JSON.stringify(body),
        signal: this.signal,
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, body: parse(text) };
    } catch (error) {
      return { status: 0, body: { message: String(error) } };
    }
  }

  patch(path: string, body: object): Promise<ApiAnswer> {
    return this.send('PATCH', path, body, 'application/strategic-merge-patch+json');
  }

  /** The lines of a watch, parsed, until the server or `stop` ends it. Throws when it breaks. */
  async *watch(path: string): AsyncGenerator<unknown> {
    const answer = await this.#streams.request({
      method: 'GET',
      path,
      headers: this.#headers(undefined),
      signal: this.signal,
    });
    if (answer.statusCode !== 200) {
      yield { type: 'ERROR', object: parse(await answer.body.text()) };
      return;
    }
    const decoder = new TextDecoder();
    const parts: string[] = [];
    for await (const chunk of answer.body) {
      const lines = decoder.decode(chunk as Uint8Array, { stream: true }).split('\n');
      for (const [at, line] of lines.entries()) {
        parts.push(line);
        if (at === lines.length - 1) break;
        const whole = parts.splice(0).join('');
        if (whole !== '') yield JSON.parse(whole);
      }
    }
  }

  /** Waits, at most until the nodes stop. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal }).catch(() => {});
  }

  /** Ends every request and stream at once. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#requests.destroy(), this.#streams.destroy()]);
  }

  #headers(contentType: string | undefined): Record<string, string> {
    return {
      accept: 'application/json',
      authorization: `Bearer ${this.#token}`,
      'user-agent': 'simulated-kubelet',
      ...(contentType !== undefined && { 'content-type': contentType }),
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
