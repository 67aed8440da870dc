import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { ensurePods } from './pods.ts';
import { startServer } from './server.ts';
import { median } from './stats.ts';
import type { Result } from './types.ts';

const SETTLED_MS = 4_000;

/** Resident memory of a server that waits, and of one that worked. */
export async function memory(bench: Bench): Promise<Result[]> {
  const plane = await bench.plane();
  const idle: number[] = [];
  for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
    const journal = bench.file(`memory-${round}.db`);
    const server = await startServer({ kubeconfig: plane.kubeconfig(), journal });
    await server.request('tools/list');
    await sleep(SETTLED_MS);
    idle.push(server.memory());
    await server.close();
  }
  const pods = bench.quick ? 1_000 : 10_000;
  await ensurePods(bench, pods);
  const server = await startServer({
    kubeconfig: plane.kubeconfig(),
    journal: bench.file('loaded.db'),
  });
  try {
    const get = { kind: 'ConfigMap', name: 'kube-root-ca.crt', namespace: 'default' };
    const reads = bench.quick ? 200 : 2_000;
    for (let read = 0; read < reads; read++) await server.call('observe_get', get);
    await server.call('observe_health', {});
    await server.call('observe_health', {});
    return [
      {
        bench: 'memory',
        what: `idle, ${SETTLED_MS / 1000} s after initialize`,
        unit: 'MB',
        median: median(idle),
        target: { of: 'median', most: 110 },
      },
      {
        bench: 'memory',
        what: `after ${reads} reads and severity of ${pods} pods`,
        unit: 'MB',
        median: server.memory(),
      },
    ];
  } finally {
    await server.close();
  }
}
