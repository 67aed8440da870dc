import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, noSuchPath } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import type { LogSource } from '../nodes/container-log.ts';
import { serveCollection } from './collection.ts';
import { discoveryDocument, versionDocument } from './discovery.ts';
import { serveOne } from './one.ts';
import { json, type Reply, refusal, SIMULATED_HEADERS, send, text } from './reply.ts';
import { objectBody, type Request, readRequest } from './request.ts';
import { reviewAnswer } from './reviews.ts';
import { routeOf } from './route.ts';
import { serveSubresource } from './subresource.ts';

export interface Site {
  readonly machine: Machine;
  readonly logs: LogSource;
}

export interface ApiServer {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  /** Ends every connection at once. */
  stop(): Promise<void>;
}

/** Serves the API on a loopback port to whoever has the token. */
export async function startServer(site: Site, token: string): Promise<ApiServer> {
  const server = createServer((message, response) => {
    void serve(site, token, message, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  site: Site,
  token: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(SIMULATED_HEADERS)) response.setHeader(name, value);
  try {
    const request = await readRequest(message);
    response.setHeader('audit-id', request.auditId ?? site.machine.newId());
    send(response, answer(site, token, request));
  } catch (error) {
    send(response, refusal(error));
  }
}

function answer(site: Site, token: string, request: Request): Reply {
  const { path, method } = request;
  if (['/healthz', '/livez', '/readyz'].includes(path)) return text(200, 'ok');
  if (request.authorization !== `Bearer ${token}`) {
    throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  }
  if (path === '/version') return json(200, versionDocument());
  if (method === 'POST') {
    const review = reviewAnswer(path, objectBodyOf(path, request));
    if (review !== undefined) return json(201, review);
  }
  if (method === 'GET') {
    const aggregated = request.accept.includes('as=APIGroupDiscoveryList');
    const document = discoveryDocument(path, aggregated);
    if (document !== undefined) return json(200, document);
  }
  const route = routeOf(path);
  if (route === undefined) return text(404, '404 page not found\n');
  if (route === null) throw noSuchPath();
  const { machine, logs } = site;
  if (route.subresource !== undefined) return serveSubresource(machine, logs, route, request);
  if (route.name === undefined) return serveCollection(machine, route, request);
  return serveOne(machine, route, request);
}

/** Only a review's body is read here: other paths have their own rules for it. */
function objectBodyOf(path: string, request: Request) {
  return path.startsWith('/apis/auth') ? objectBody(request) : {};
}
