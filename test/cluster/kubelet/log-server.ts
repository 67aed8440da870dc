import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { optionsOf } from '../../../src/simulation/http/logs.ts';
import {
  type ContainerLog,
  type LogSource,
  readContainerLog,
} from '../../../src/simulation/nodes/container-log.ts';
import { type LogOptions, renderLog } from '../../../src/simulation/pod-rules/index.ts';
import { selfSignedCertificate } from './certificate.ts';

export interface LogServer {
  readonly port: number;
  stop(): Promise<void>;
}

const FOLLOW_MS = 200;

/** The kubelet's HTTPS endpoint, as far as `kubectl logs` needs it. Loopback only. */
export async function startLogServer(folder: string, source: LogSource): Promise<LogServer> {
  const { certPem, keyPem } = selfSignedCertificate('simulated-kubelet');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kubelet.crt'), certPem);
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) =>
    answer(request, response, source),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, source: LogSource): void {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const [root, namespace, pod, container, ...rest] = url.pathname.split('/').slice(1);
  if (root === 'healthz') {
    response.end('ok');
    return;
  }
  if (root !== 'containerLogs' || !namespace || !pod || !container || rest.length > 0) {
    response.writeHead(404).end('404 page not found\n');
    return;
  }
  const previous = url.searchParams.get('previous') === 'true';
  const read = (): ContainerLog =>
    readContainerLog(source, decodeURIComponent(namespace), pod, container, previous);
  const log = read();
  if (!log.ok) {
    response.writeHead(log.status, { 'content-type': 'text/plain' }).end(log.message);
    return;
  }
  const options = optionsOf(url.searchParams);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(renderLog(log.lines, options, Date.now()));
  if (url.searchParams.get('follow') === 'true' && !previous && log.running) {
    follow(response, log, read, options);
  } else {
    response.end();
  }
}

function follow(
  response: ServerResponse,
  start: ContainerLog & { readonly ok: true },
  read: () => ContainerLog,
  options: LogOptions,
): void {
  let last = start.lines.at(-1);
  const timestamps = options.timestamps === true;
  const timer = setInterval(() => {
    const log = read();
    if (!log.ok) {
      response.end();
      return;
    }
    const from = last === undefined ? 0 : log.lines.lastIndexOf(last) + 1;
    const fresh = log.lines.slice(from);
    last = log.lines.at(-1) ?? last;
    if (fresh.length > 0) response.write(renderLog(fresh, { timestamps }, Date.now()));
    if (!log.running) response.end();
  }, FOLLOW_MS);
  response.once('close', () => clearInterval(timer));
}
