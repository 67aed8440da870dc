import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { readsFor } from './reads-for.ts';
import { type Server, startServer } from './server.ts';
import { median } from './stats.ts';
import type { Result } from './types.ts';

const CLIENTS = 8;
const ROUNDS = 3;
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
  const servers = await Promise.all(Array.from({ length: CLIENTS }, () => startServer(options)));
  try {
    const read = (server: Server) =>
      server.call('observe_get', { kind: 'ConfigMap', name: 'settings', namespace });
    for (const server of servers) await readsFor(ms / 8, () => read(server));
    for (let round = 0; round < ROUNDS; round++) {
      const done = await Promise.all(servers.map((it) => readsFor(ms, () => read(it))));
      ours.push((sum(done) / ms) * 1000);
      const { server, caPem, tokens } = plane.facts;
      floor.push((await rawReads(JSON.stringify({ server, caPem, tokens }), path, ms)) * 1000);
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()));
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
      note: `${CLIENTS} servers, the API server, etcd and the clients share ${cpus().length} cores`,
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
