import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type Agent, request as forward } from 'undici';

/** A request that came in, as a whole. */
export interface Whole {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly dryRun: boolean;
  readonly auditId: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request that the API server got, and what it answered. */
export interface Delivery extends Omit<Whole, 'headers'> {
  readonly status: number;
  readonly when: 'in time' | 'again' | 'after the answer' | 'after the next holder';
}

/** Hop by hop, or of another body. */
const OWN = ['host', 'connection', 'content-length', 'transfer-encoding'];

export async function sendOn(agent: Agent, server: string, request: Whole): Promise<Reply> {
  const answer = await ask(agent, server, request);
  const type = String(answer.headers['content-type'] ?? 'application/json');
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const after = answer.headers['retry-after'];
  const again = typeof after === 'string' ? { 'retry-after': after } : {};
  return { status: answer.statusCode, headers: { 'content-type': type, ...again }, body: bytes };
}

/** For watches: what comes is passed on as it comes. */
export async function streamOn(
  agent: Agent,
  server: string,
  request: Whole,
  response: ServerResponse,
): Promise<void> {
  const { statusCode, headers, body } = await ask(agent, server, request);
  response.writeHead(statusCode, { 'content-type': String(headers['content-type'] ?? '') });
  response.flushHeaders();
  response.on('close', () => body.destroy());
  body.on('error', () => response.destroy());
  body.pipe(response);
}

function ask(agent: Agent, server: string, { method, path, headers, body }: Whole) {
  const passed = Object.entries(headers).filter(([name]) => !OWN.includes(name));
  return forward(server + path, {
    dispatcher: agent,
    method: method as 'GET',
    headers: Object.fromEntries(passed) as Record<string, string>,
    body: body === '' ? null : body,
    bodyTimeout: 0,
    headersTimeout: 0,
  });
}
