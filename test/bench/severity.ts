import type { Bench } from './bench.ts';
import { ensurePods } from './pods.ts';
import { startServer } from './server.ts';
import { inTurns, median, p95, timed } from './stats.ts';
import type { Result } from './types.ts';

/** Severity of the whole cluster: what the gate of a commit measures, asked as observe_health. */
export async function severity(bench: Bench): Promise<Result[]> {
  const sizes = bench.quick ? [500, 1_000] : [2_000, 10_000];
  const results: Result[] = [];
  for (const pods of sizes) results.push(...(await measure(bench, pods)));
  return results;
}

async function measure(bench: Bench, pods: number): Promise<Result[]> {
  await ensurePods(bench, pods);
  const plane = await bench.plane();
  const raw = await bench.raw();
  const server = await startServer({
    kubeconfig: plane.kubeconfig(),
    journal: bench.file(`severity-${pods}.db`),
  });
  try {
    const ask = async () => {
      const answer = await server.call('observe_health', { all_namespaces: true });
      if (typeof answer.severity !== 'number') throw new Error(JSON.stringify(answer));
    };
    const first = await timed(ask);
    const times = await inTurns(bench.quick ? 10 : 30, {
      ours: ask,
      relist: () => raw.send('GET', '/api/v1/pods?resourceVersion=0'),
    });
    const floor = { what: 'raw GET of all pods', median: median(times.relist) };
    return [
      {
        bench: 'severity',
        what: `severity with ${pods} pods, once warm`,
        unit: 'ms',
        median: median(times.ours),
        p95: p95(times.ours),
        floor,
        ratio: median(times.ours) / floor.median,
        ...(pods >= 10_000 ? { target: { of: 'median', most: 100 } as const } : {}),
        note: `the first takes ${first.toFixed(0)} ms`,
      },
    ];
  } finally {
    await server.close();
  }
}
