import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { parse, stringify } from 'yaml';
import { at } from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { type Delivery, type Reply, sendOn, streamOn, type Whole } from './deliver.ts';
import { type Fate, isLie, type Lie, MADE_UP, refusalOf } from './fates.ts';

export type { Delivery } from './deliver.ts';
export type { Fate, Lie } from './fates.ts';

/** How long after its answer a request is done that was answered too early, ms. */
const TOO_LATE_MS = 200;
const TRICKLE_PIECES = 15;
const TRICKLE_MS = 60;

export interface PassingRequest {
  readonly method: string;
  readonly path: string;
  readonly dryRun: boolean;
  readonly auditId: string;
  readonly body: string;
}

/** A network between a server and the API server that can be told to misbehave. */
export interface FaultyNetwork {
  /** Leads through the proxy, as admin. */
  readonly kubeconfig: string;
  /** Decides over each request from now on; may take its time. */
  fate: (request: PassingRequest) => Fate | Promise<Fate>;
  /** What the API server got from here so far. */
  readonly deliveries: readonly Delivery[];
  /** Resolves when a request is held. */
  held(): Promise<void>;
  /** Lets what was held through, and resolves with the statuses of the API server. */
  deliver(): Promise<number[]>;
  /** Resolves when nothing is under way that was answered too early. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** True for requests that change ConfigMaps. */
export function isChange({ method, path, dryRun }: PassingRequest): boolean {
  return method !== 'GET' && !dryRun && path.includes('/configmaps');
}

export async function startFaultyNetwork(cluster: ControlPlaneClient): Promise<FaultyNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-proxy-'));
  const agent = new Agent({ connect: { ca: cluster.caPem } });
  const held: Whole[] = [];
  const deliveries: Delivery[] = [];
  const late = new Set<Promise<unknown>>();
  const send = async (request: Whole, when: Delivery['when'] = 'in time'): Promise<Reply> => {
    const reply = await sendOn(agent, cluster.server, request);
    const { method, path, dryRun, auditId, body } = request;
    deliveries.push({ method, path, dryRun, auditId, body, status: reply.status, when });
    return reply;
  };
  const lie = async (request: Whole, response: ServerResponse, { answer: code, done }: Lie) => {
    if (done === 'before') await send(request);
    answer(response, refusalOf(code));
    if (done === 'after') {
      await sleep(TOO_LATE_MS);
      await send(request, 'after the answer');
    }
  };
  const handle = async (request: Whole, response: ServerResponse): Promise<void> => {
    const fate = await network.fate(request);
    if (isLie(fate)) return lie(request, response, fate);
    const madeUp = MADE_UP[fate];
    if (madeUp !== undefined) return answer(response, madeUp);
    switch (fate) {
      case 'silence':
        return;
      case 'half the answer': {
        const { status, headers, body } = await send(request);
        response.writeHead(status, { ...headers, 'content-length': body.length });
        response.write(body.subarray(0, body.length / 2));
        await sleep(50);
        return void response.destroy();
      }
      case 'trickle':
        return trickle(response, await send(request));
      case 'pass':
        if (request.path.includes('watch=true')) {
          return streamOn(agent, cluster.server, request, response);
        }
        return answer(response, await send(request));
      case 'twice':
        await send(request);
        return answer(response, await send(request, 'again'));
      case 'drop request':
        return void response.destroy();
      case 'drop answer':
        await send(request);
        return void response.destroy();
      case 'hold':
        return void held.push(request);
      case 'time out, then do':
        return lie(request, response, { answer: 504, done: 'after' });
    }
  };

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = 'GET', url = '/', headers } = incoming;
      const body = Buffer.concat(chunks).toString('utf8');
      const dryRun = url.includes('dryRun=All') || body.includes('"dryRun"');
      const auditId = String(headers['audit-id'] ?? '');
      const request = { method, path: url, headers, body, dryRun, auditId };
      const work = handle(request, response).catch(() => response.destroy());
      late.add(work);
      void work.finally(() => late.delete(work));
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
    deliveries,
    fate: () => 'pass',
    held: async () => {
      while (held.length === 0) await sleep(20);
    },
    deliver: async () => {
      const statuses: number[] = [];
      for (const request of held.splice(0)) {
        statuses.push((await send(request, 'after the next holder')).status);
      }
      return statuses;
    },
    quiet: async () => {
      // A watch goes on for as long as its server lives.
      await Promise.race([Promise.all(late), sleep(2 * TOO_LATE_MS)]);
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

function answer(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

/** The whole answer, a piece at a time. */
async function trickle(response: ServerResponse, { status, headers, body }: Reply): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  const size = Math.max(1, Math.ceil(body.length / TRICKLE_PIECES));
  for (let from = 0; from < body.length && !response.destroyed; from += size) {
    response.write(body.subarray(from, from + size));
    await sleep(TRICKLE_MS);
  }
  response.end();
}
