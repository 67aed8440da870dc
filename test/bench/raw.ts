import { Pool } from 'undici';

/** What a request needs to know of the control plane: plain data, also for another process. */
export interface Place {
  readonly server: string;
  readonly caPem: string;
  readonly tokens: { readonly admin: string };
}

/** Requests over pooled connections and nothing else: what any client of the API server pays. */
export interface Raw {
  /** The body of the answer. @throws Error for a status of 400 or above. */
  send(method: Method, path: string, body?: object): Promise<string>;
  close(): Promise<void>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export function openRaw({ server, caPem, tokens }: Place): Raw {
  const pool = new Pool(server, { connections: 50, pipelining: 1, connect: { ca: caPem } });
  return {
    async send(method, path, body) {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await pool.request({
        method,
        path,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${tokens.admin}`,
          ...(body === undefined ? {} : { 'content-type': type }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${text.slice(0, 500)}`);
      return text;
    },
    close: () => pool.destroy(),
  };
}
