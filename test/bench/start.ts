import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Bench } from './bench.ts';
import { startServer } from './server.ts';
import { median, p95 } from './stats.ts';
import type { Result } from './types.ts';

/** From spawn to the answer of `initialize`, and to that of `tools/list`, each with a new journal. */
export async function start({ quick, file }: Bench): Promise<Result[]> {
  const rounds = quick ? 5 : 25;
  const node: number[] = [];
  const initialize: number[] = [];
  const list: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const bare = await bareNode();
    const started = performance.now();
    const server = await startServer({
      kubeconfig: file('no-kubeconfig'),
      journal: file(`start-${round}.db`),
    });
    await server.request('tools/list');
    const listed = performance.now() - started;
    await server.close();
    // The first reads everything from the disk.
    if (round < 0) continue;
    node.push(bare);
    initialize.push(server.initializeMs);
    list.push(listed);
  }
  const floor = { what: 'node that prints a line', median: median(node) };
  return [
    { what: 'spawn to the answer of initialize', times: initialize, target: 250 },
    { what: 'spawn to the answer of tools/list', times: list },
  ].map(({ what, times, target }) => ({
    bench: 'start',
    what,
    unit: 'ms',
    median: median(times),
    p95: p95(times),
    floor,
    ratio: median(times) / floor.median,
    ...(target === undefined ? {} : { target: { of: 'median', most: target } as const }),
  }));
}

async function bareNode(): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ['-e', 'console.log(1)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  const took = performance.now() - started;
  await exited;
  return took;
}
