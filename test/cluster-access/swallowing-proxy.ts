import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ControlPlaneClient, UserName } from '../cluster/index.ts';
import { writeKubeconfig } from './fixtures.ts';

/** A proxy in front of the API server that can keep what watches say to itself. */
export interface SwallowingProxy {
  /** Leads through it. */
  readonly kubeconfig: string;
  /** Requests so far, `GET /api/v1/pods?…`. */
  readonly seen: readonly string[];
  /** The watches that are open now stay open and say nothing more; all else passes. */
  swallowOpenWatches(): void;
  /** From now on no watch says anything after its headers; all else passes. */
  swallowWatches: boolean;
  /** Watches that are open now. */
  openWatches(): number;
}

export async function swallowingProxy(
  cluster: Pick<ControlPlaneClient, 'server' | 'caPem' | 'tokens'>,
  user: UserName = 'admin',
): Promise<SwallowingProxy> {
  const seen: string[] = [];
  const muted = new Set<ServerResponse>();
  const watches = new Set<ServerResponse>();

  function handle(incoming: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = incoming;
    seen.push(`${method} ${url}`);
    const isWatch = url.includes('watch=true');
    if (isWatch) watches.add(response);
    const { host: _host, connection: _connection, ...rest } = headers;
    const options = { method, headers: rest, ca: cluster.caPem };
    const upstream = httpsRequest(cluster.server + url, options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      const mayPass = () => !muted.has(response) && !(isWatch && proxy.swallowWatches);
      answer.on('data', (chunk: Buffer) => mayPass() && response.write(chunk));
      answer.on('end', () => mayPass() && response.end());
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => {
      watches.delete(response);
      upstream.destroy();
    });
    incoming.pipe(upstream);
  }

  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const proxy: SwallowingProxy = {
    kubeconfig: writeKubeconfig({
      server: `http://127.0.0.1:${port}`,
      user: { token: cluster.tokens[user] },
    }),
    seen,
    swallowOpenWatches: () => {
      for (const response of watches) muted.add(response);
    },
    swallowWatches: false,
    openWatches: () => watches.size,
  };
  return proxy;
}
