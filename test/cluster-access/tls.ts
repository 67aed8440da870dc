import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../cluster/kubelet/certificate.ts';

/** An HTTPS server that plays an API server, with a certificate for 127.0.0.1. */
export async function tlsServer(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  options: ServerOptions & { host?: string } = {},
) {
  const { host = '127.0.0.1', ...more } = options;
  const serving = selfSignedCertificate('server');
  const server = createHttps({ cert: serving.certPem, key: serving.keyPem, ...more }, listener);
  const port = await listen(server, host);
  return { port, caData: Buffer.from(serving.certPem).toString('base64'), serving };
}

/** The common name of the client's certificate; empty without one. */
export function clientName(request: IncomingMessage): string {
  const { subject } = (request.socket as TLSSocket).getPeerCertificate();
  return subject?.CN?.toString() ?? '';
}

/** A CONNECT proxy that leads every name to this machine, and remembers what was asked. */
export async function connectProxy(options: { tls?: ServerOptions; refuse?: number; to: number }) {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = options.tls ? createHttps(options.tls) : createHttp();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    client.on('error', () => {});
    if (options.refuse !== undefined) {
      client.end(`HTTP/1.1 ${options.refuse} No\r\n\r\n`);
      return;
    }
    const upstream = connect(options.to, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  const port = await listen(server, '127.0.0.1');
  return { port, asked, authorizations };
}

async function listen(server: Server, host: string): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
