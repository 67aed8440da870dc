import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournalReader } from '../../src/journal/open.ts';
import { useCluster } from '../cluster/index.ts';
import {
  type Bench,
  expectChainWhole,
  kill,
  openBench,
  setMode,
  settled,
} from '../recovery/bench.ts';
import { all, diesAt, type Point, pointsOf } from '../recovery/crash.ts';
import type { Assistant } from '../story/client.ts';
import { expectAccordIn } from './accord.ts';
import { commit, done, refused, suspect } from './bench.ts';

const cluster = useCluster();

/**
 * After what is written about incidents and transactions; before the next write it is the same. A move that follows a
 * transaction has no boundary of its own.
 */
const WRITES = /^journal\.(incident|create|move)\b.*\.after:|^journal\.incident\.open\.before:/;

/** An incident through a commit that is undone, and a second attempt that is aborted. */
async function flow(server: Assistant, { namespace }: Bench): Promise<void> {
  const opened = await done(server, 'incident_open', { title: 'slow', namespaces: [namespace] });
  const incident = String(opened.incident);
  const begin = async () => {
    const args = { incident, namespaces: [namespace], reason: 'test' };
    return String((await done(server, 'transaction_begin', args)).transaction);
  };
  await done(server, 'incident_update', { incident, phase: 'diagnosis' });
  await suspect(server, incident, 'the mode is wrong');
  const first = await begin();
  await setMode(server, { namespace } as Bench, 'slow', { transaction: first });
  expect(await commit(server, first)).toMatchObject({ status: 'committed' });
  await done(server, 'undo_transaction', { transaction: first, reason: 'of no use' });
  await suspect(server, incident, 'something else');
  const second = await begin();
  await setMode(server, { namespace } as Bench, 'slow', { transaction: second });
  await done(server, 'transaction_abort', { transaction: second, reason: 'no' });
}

async function discover(): Promise<Point[]> {
  const bench = await openBench(cluster, 'discover');
  try {
    const log = join(bench.journal, '..', 'points');
    const server = await bench.start({ STRATUS_CRASHPOINT_LOG: log });
    await flow(server, bench);
    await kill(server);
    expect(expectAccordIn(bench.journal, 'inc-1')).toBe('diagnosis');
    return pointsOf(readFileSync(log, 'utf8')).filter((point) => WRITES.test(point));
  } finally {
    bench.remove();
  }
}

/** Killed there, the next server finds incident and transaction in accord, and the incident goes on. */
async function survive(point: Point): Promise<void> {
  const bench = await openBench(cluster, 'crash');
  let last: Assistant | undefined;
  try {
    await diesAt(bench, point, (server) => flow(server, bench));
    if (incidentsOf(bench) > 0) expectAccordIn(bench.journal, 'inc-1');
    last = await bench.start();
    await settled(last);
    expectChainWhole(bench);
    if (incidentsOf(bench) === 0) {
      expect(point).toBe('journal.incident.open.before:1');
      return;
    }
    const phase = expectAccordIn(bench.journal, 'inc-1');
    const incident = 'inc-1';
    // What was being taken back has been; where nothing was, it goes on where it stood.
    expect(['detection', 'diagnosis', 'mitigation', 'validation']).toContain(phase);
    await refused(last, 'incident_update', { incident, phase: 'undoing' });
    await done(last, 'incident_update', { incident, phase: 'escalated', reason: 'enough' });
    expectAccordIn(bench.journal, incident);
  } catch (error) {
    const log = last === undefined ? '' : `\nlog of the last server:\n${last.stderr()}`;
    throw new Error(`killed at ${point}: ${String(error)}${log}`, { cause: error });
  } finally {
    if (last !== undefined) await kill(last);
    bench.remove();
  }
}

function incidentsOf({ journal }: Bench): number {
  const reader = openJournalReader({ path: journal });
  try {
    return reader.incidents.list({ limit: 1 }).total;
  } finally {
    reader.close();
  }
}

test('killed at each boundary of an incident: it survives, in accord with its transactions', {
  timeout: 600_000,
}, async () => {
  const points = await discover();
  for (const name of ['open', 'move', 'hypothesis']) {
    expect(points).toContain(`journal.incident.${name}.after:1`);
  }
  for (const state of ['COMMITTED', 'UNDONE', 'ABORTED']) {
    expect(points).toContain(`journal.move.${state}.after:1`);
  }
  await all(points.map((point) => () => survive(point)));
});
