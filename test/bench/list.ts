import { startAssistant } from '../story/client.ts';
import { type Bench, POLICY } from './bench.ts';
import { ensurePods } from './pods.ts';
import { inTurns, median, p95 } from './stats.ts';
import { tokens } from './tokens.ts';
import type { Result } from './types.ts';

/** The first page of all pods, as an assistant asks for it. */
export async function list(bench: Bench): Promise<Result[]> {
  const pods = bench.quick ? 500 : 2_000;
  await ensurePods(bench, pods);
  const plane = await bench.plane();
  const raw = await bench.raw();
  const server = await startAssistant({
    kubeconfig: plane.kubeconfig(),
    journal: bench.file('list.db'),
    policy: POLICY,
    env: { STRATUS_LOG_LEVEL: 'silent' },
  });
  try {
    const ask = () => server.call('observe_list', { kind: 'Pod', all_namespaces: true });
    const { isError, text, data } = await ask();
    if (isError) throw new Error(text);
    const shown = Array.isArray(data.rows) ? data.rows.length : 0;
    const total = typeof data.total === 'number' ? data.total : Number(data.remaining) + shown;
    if (!(total >= pods)) throw new Error(`The page names no total: ${text.slice(0, 500)}`);
    const times = await inTurns(bench.quick ? 20 : 100, {
      ours: ask,
      floor: () => raw.send('GET', `/api/v1/pods?limit=${shown}`),
    });
    const floor = { what: `raw GET of ${shown} pods`, median: median(times.floor) };
    const what = `a page of ${shown} of ${total} pods`;
    return [
      {
        bench: 'list',
        what,
        unit: 'ms',
        median: median(times.ours),
        p95: p95(times.ours),
        floor,
        ratio: median(times.ours) / floor.median,
        target: { of: 'median', most: 40 },
      },
      {
        bench: 'list',
        what,
        unit: 'tokens',
        median: tokens(text),
        target: { of: 'median', most: 3_000 },
      },
    ];
  } finally {
    await server.close();
  }
}
