import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { readsFor } from './reads-for.ts';
import { type Server, startMcp, startServer } from './server.ts';
import { median } from './stats.ts';
import type { Result } from './types.ts';

const CLIENTS = 8;
const ROUNDS = 3;
/** A server lives for weeks, and its first thousand calls are compiled as they run. */
const WARM_UP_MS = 20_000;
const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));
const RAW_CHILD = fileURLToPath(new URL('./raw-child.ts', import.meta.url));

/** Eight clients at once: over stdio, eight server processes on one journal, each asked without a pause. */
export async function clients(bench: Bench): Promise<Result[]> {
  const plane = await bench.plane();
  const namespace = await plane.namespace('bench-clients');
  const metadata = { name: 'settings', namespace };
  await plane.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'fast' } });
  const path = `/api/v1/namespaces/${namespace}/configmaps/settings`;
  const ms = bench.quick ? 1_000 : 4_000;

  const ours: number[] = [];
  const floor: number[] = [];
  const options = { kubeconfig: plane.kubeconfig(), journal: bench.file('clients.db') };
  const { server, caPem, tokens } = plane.facts;
  const place = JSON.stringify({ server, caPem, tokens });
  const behindMcp: number[] = [];
  const each = <T>(start: () => Promise<T>) => Promise.all(Array.from({ length: CLIENTS }, start));
  const servers = await each(() => startServer(options));
  const echoes = await each(() => startMcp(['--import', 'tsx', ECHO, '1000', place, path]));
  const constant = (echo: Server) => echo.call('constant', {});
  try {
    const read = (server: Server) =>
      server.call('observe_get', { kind: 'ConfigMap', name: 'settings', namespace });
    const warmUp = <T>(all: readonly T[], act: (it: T) => Promise<unknown>) =>
      Promise.all(all.map((it) => readsFor(bench.quick ? ms : WARM_UP_MS, () => act(it))));
    await warmUp(servers, read);
    await warmUp(echoes, constant);
    for (let round = 0; round < ROUNDS; round++) {
      const done = await Promise.all(servers.map((it) => readsFor(ms, () => read(it))));
      ours.push((sum(done) / ms) * 1000);
      floor.push((await rawReads(place, path, ms)) * 1000);
      const least = await Promise.all(echoes.map((it) => readsFor(ms, () => constant(it))));
      behindMcp.push((sum(least) / ms) * 1000);
    }
  } finally {
    await Promise.all([...servers, ...echoes].map((it) => it.close()));
  }
  const least = median(floor);
  return [
    {
      bench: 'clients',
      what: `reads of ${CLIENTS} clients at once`,
      unit: 'per second',
      median: median(ours),
      floor: { what: `${CLIENTS} processes with raw GETs`, median: least },
      ratio: median(ours) / least,
      target: { of: 'median', least: 1_000 },
      note: `${CLIENTS} MCP servers that do the raw GET and nothing else reach ${Math.round(median(behindMcp))}: they, the API server, etcd and the clients share ${cpus().length} cores`,
    },
  ];
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Raw reads per millisecond of as many processes. */
async function rawReads(place: string, path: string, ms: number): Promise<number> {
  const children = Array.from({ length: CLIENTS }, () =>
    spawn(process.execPath, ['--import', 'tsx', RAW_CHILD, place, path, `${ms}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const lines = children.map((child) => createInterface({ input: child.stdout }));
  await Promise.all(lines.map((line) => once(line, 'line')));
  const counts = lines.map(async (line) => Number((await once(line, 'line'))[0]));
  for (const child of children) start(child);
  const done = sum(await Promise.all(counts));
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  return done / ms;
}

function start(child: ChildProcess): void {
  child.stdin?.write('go\n');
}
