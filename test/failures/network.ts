import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request as forward } from 'undici';
import { parse, stringify } from 'yaml';
import { at } from '../../src/core/json.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';

/** What the network does to one request. */
export type Fate =
  | 'pass'
  /** Never reaches the API server; the connection breaks. */
  | 'drop request'
  /** Is done by the API server; the connection breaks before the answer. */
  | 'drop answer'
  /** Kept until `deliver()`. */
  | 'hold'
  /** Answered 504 at once, and done nevertheless a moment later. */
  | 'time out, then do'
  /** Done twice; the second answer is given. */
  | 'twice'
  /** Refused by priority and fairness. */
  | 'busy'
  /** Answered with an internal error, and not done. */
  | 'broken'
  /** Answered 200 with bytes that are no JSON, and not done. */
  | 'garbage'
  /** Answered with a page of HTML by something that is no API server. */
  | 'a stranger answers'
  /** Done; only the first half of the answer's body comes. */
  | 'half the answer'
  /** Never answered, and not done. */
  | 'silence';

const status = (code: number, reason: string, message: string) =>
  Buffer.from(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }),
  );

/** Answers given in the place of the API server. */
const MADE_UP: Partial<Record<Fate, Reply>> = {
  busy: {
    status: 429,
    type: 'application/json',
    body: status(429, 'TooManyRequests', 'too many requests, please try again later'),
  },
  broken: {
    status: 500,
    type: 'application/json',
    body: status(500, 'InternalError', 'etcdserver: no leader'),
  },
  garbage: { status: 200, type: 'application/json', body: Buffer.from('{"kind": \u0000\ufffd') },
  'a stranger answers': {
    status: 502,
    type: 'text/html',
    body: Buffer.from('<html><script>alert(1)</script>Bad gateway</html>'),
  },
};

export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  readonly dryRun: boolean;
}

/** A network between a server and the API server that can be told to misbehave. */
export interface FaultyNetwork {
  /** Leads through the proxy, as admin. */
  readonly kubeconfig: string;
  /** Decides over each request from now on. */
  fate: (request: PassingRequest) => Fate;
  /** Resolves when a request is held. */
  held(): Promise<void>;
  /** Lets what was held through, and resolves with the statuses of the API server. */
  deliver(): Promise<number[]>;
  close(): Promise<void>;
}

interface Whole extends PassingRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** True for requests that change ConfigMaps. */
export function isChange({ method, path, dryRun }: PassingRequest): boolean {
  return method !== 'GET' && !dryRun && path.includes('/configmaps');
}

export async function startFaultyNetwork(cluster: ControlPlaneClient): Promise<FaultyNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-proxy-'));
  const agent = new Agent({ connect: { ca: cluster.caPem } });
  const held: Whole[] = [];

  const send = async ({ method, path, headers, body }: Whole): Promise<Reply> => {
    const { host: _host, connection: _connection, ...rest } = headers;
    const answer = await forward(cluster.server + path, {
      dispatcher: agent,
      method: method as 'GET',
      headers: rest,
      body: body === '' ? null : body,
    });
    const type = String(answer.headers['content-type'] ?? 'application/json');
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return { status: answer.statusCode, type, body: bytes };
  };
  const answer = (response: ServerResponse, { status, type, body }: Reply) => {
    response.writeHead(status, { 'content-type': type, 'content-length': body.length });
    response.end(body);
  };
  const handle = async (request: Whole, response: ServerResponse): Promise<void> => {
    const fate = network.fate(request);
    const madeUp = MADE_UP[fate];
    if (madeUp !== undefined) return answer(response, madeUp);
    switch (fate) {
      case 'silence':
        return;
      case 'half the answer': {
        const { status, type, body } = await send(request);
        response.writeHead(status, { 'content-type': type, 'content-length': body.length });
        response.write(body.subarray(0, body.length / 2));
        return void setTimeout(() => response.destroy(), 50);
      }
      case 'pass':
        return answer(response, await send(request));
      case 'twice':
        await send(request);
        return answer(response, await send(request));
      case 'drop request':
        return void response.destroy();
      case 'drop answer':
        await send(request);
        return void response.destroy();
      case 'hold':
        return void held.push(request);
      case 'time out, then do': {
        const body = Buffer.from('{"kind":"Status","status":"Failure","message":"timed out"}');
        answer(response, { status: 504, type: 'application/json', body });
        await new Promise((resolve) => setTimeout(resolve, 200));
        await send(request);
      }
    }
  };

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = 'GET', url = '/', headers } = incoming;
      const body = Buffer.concat(chunks).toString('utf8');
      const dryRun = url.includes('dryRun=All') || body.includes('"dryRun"');
      handle({ method, path: url, headers, body, dryRun }, response).catch(() =>
        response.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = parse(readFileSync(cluster.kubeconfig(), 'utf8'));
  const name = at(config, 'clusters', 0, 'name');
  const kubeconfig = join(folder, 'kubeconfig');
  const clusters = [{ name, cluster: { server: `http://127.0.0.1:${port}` } }];
  writeFileSync(kubeconfig, stringify({ ...config, clusters }), { mode: 0o600 });

  const network: FaultyNetwork = {
    kubeconfig,
    fate: () => 'pass',
    held: async () => {
      while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    deliver: async () => {
      const statuses: number[] = [];
      for (const request of held.splice(0)) statuses.push((await send(request)).status);
      return statuses;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await agent.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return network;
}
