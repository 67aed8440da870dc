import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { at } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { leaseVariable } from '../cluster/lease.ts';
import { settled } from '../recovery/bench.ts';
import { pointsOf } from '../recovery/crash.ts';
import { mustRead, read } from '../undo/bench.ts';
import { begin, boundClaim, type DeletesBench, deletesBench, done } from './bench.ts';

const cluster = useCluster();
const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** From the stand-in on: what is journaled and what is sent. */
const BOUNDARY =
  /^journal\.(addStep|moveStep\.VERIFIED|move\.(COMMIT_DECIDED|FINALIZING|COMMITTED))\.|^cluster\.(send|finalise)\./;

/** The whole of them instead of those between which the outcome turns. */
const FULL = process.env.STRATUS_CRASH_FULL === '1';
const TURNS = [
  'cluster.send.after:1',
  'journal.addStep.after:2',
  'journal.move.COMMIT_DECIDED.before:1',
  'journal.move.COMMIT_DECIDED.after:1',
  'cluster.finalise.before:1',
  'cluster.finalise.after:1',
];

async function flow(bench: DeletesBench, namespace: string, env: Record<string, string>) {
  const server = await bench.start(env);
  const gone = [`PersistentVolumeClaim/${namespace}/asked`];
  const args = { kind: 'PersistentVolumeClaim', name: 'asked', namespace, reason: 'test' };
  try {
    const transaction = await begin(server, [namespace], gone);
    await done(server, 'mitigate_delete', { ...args, transaction });
    await done(server, 'transaction_commit', { transaction });
  } catch {
    // It died on the way, as it was told to.
  }
  return server;
}

async function fixture() {
  const namespace = await cluster.namespace('deferred-crash');
  const { claim, volume } = await boundClaim(cluster, namespace, 'asked', 'Delete');
  return { namespace, claim, volume };
}

/** Committed: the claim is gone and its volume kept; aborted: nothing has happened. Never anything between. */
async function expectDecided(state: string, claim: ObjectRef, volume: ObjectRef): Promise<void> {
  const kept = await mustRead(cluster, volume);
  expect(JSON.stringify(kept)).not.toContain('stratus.dev/');
  const policy = at(kept, 'spec', 'persistentVolumeReclaimPolicy');
  if (state === 'COMMITTED') {
    await cluster.waitFor(
      'the claim to go',
      async () => (await read(cluster, claim)) === undefined,
    );
    expect(policy).toBe('Retain');
    return;
  }
  expect(state).toBe('ABORTED');
  expect(policy).toBe('Delete');
  const live = await mustRead(cluster, claim);
  expect(live.metadata.deletionTimestamp).toBeUndefined();
  expect(live).toMatchObject({ status: { phase: 'Bound' } });
}

test('killed at any boundary, a deferred delete is done as decided or not at all', {
  timeout: 600_000,
}, async () => {
  const first = await fixture();
  const whole = deletesBench(cluster);
  const log = join(whole.journal, '..', 'points');
  await (await flow(whole, first.namespace, { STRATUS_CRASHPOINT_LOG: log })).close();
  const points = pointsOf(readFileSync(log, 'utf8')).filter((point) => BOUNDARY.test(point));
  expect(points).toEqual(expect.arrayContaining(TURNS));
  const ends: string[] = [];
  for (const point of FULL ? points : TURNS) {
    const { namespace, claim, volume } = await fixture();
    const bench = deletesBench(cluster);
    const dying = await flow(bench, namespace, { STRATUS_CRASHPOINT: point });
    await dying.exited;
    const server = await bench.start();
    const [last] = await settled(server);
    const state = String(last?.state ?? 'none');
    ends.push(`${point} → ${state}`);
    await expectDecided(state, claim, volume);
    await server.close();
  }
  expect(ends.filter((end) => end.endsWith('COMMITTED')).length).toBeGreaterThan(2);
  expect(ends.filter((end) => end.endsWith('ABORTED')).length).toBeGreaterThan(2);
});

/** `stratus-mcp transactions accept`, at a terminal beside the journal. */
async function accept(journal: string, transaction: string): Promise<void> {
  const place = ['--journal', journal, '--kubeconfig', cluster.kubeconfig()];
  await promisify(execFile)(
    process.execPath,
    [BIN, 'transactions', 'accept', transaction, '--note', 'looked at it', ...place],
    { env: { ...process.env, ...leaseVariable(journal) } },
  );
}

test('what a person accepts after its decision is committed, and its undo knows what may have been sent', {
  timeout: 120_000,
}, async () => {
  const { namespace, claim, volume } = await fixture();
  const bench = deletesBench(cluster);
  const dying = await flow(bench, namespace, { STRATUS_CRASHPOINT: 'cluster.finalise.after:1' });
  await dying.exited;
  await cluster.waitFor('the claim to go', async () => (await read(cluster, claim)) === undefined);
  await accept(bench.journal, 'txn-1');
  const server = await bench.start();
  const [last] = await settled(server);
  expect(last?.state).toBe('COMMITTED');
  const args = { transaction: 'txn-1', reason: 'test' };
  const undone = await done(server, 'undo_transaction', args);
  expect(undone.data.state, undone.text).toBe('UNDONE');
  expect(await mustRead(cluster, claim)).toMatchObject({ spec: { volumeName: volume.name } });
  const policy = at(await mustRead(cluster, volume), 'spec', 'persistentVolumeReclaimPolicy');
  expect(policy).toBe('Delete');
});
