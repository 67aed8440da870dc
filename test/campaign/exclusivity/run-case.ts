import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { at, numberOf } from '../../../src/core/json.ts';
import { readAuditLog } from '../../cluster/audit-log.ts';
import { freeze } from '../../cluster/freeze.ts';
import { makeLease } from '../../cluster/lease.ts';
import type { ControlPlane, ControlPlaneClient } from '../../cluster/types.ts';
import { inJournal } from '../world/journal.ts';
import type { Case } from './cases.ts';
import { clockJump } from './clock-jump.ts';
import { copyOfJournal, type Place, startWriter, type Writer, work } from './machine.ts';
import { type Proof, prove } from './proof.ts';

const BIN = fileURLToPath(new URL('../../../dist/bin.js', import.meta.url));
/** Seconds: a shorter one is not renewed in time by a busy machine. */
const LEASE_SECONDS = 4;
const SETTLED_MS = 120_000;
const WRITES_MS = 30_000;

export interface CaseResult {
  readonly proof: Proof;
  readonly answers: ReadonlyMap<string, number>;
  /** Writes whose epoch the journals name too, and those where they name another one. */
  readonly journaled: { readonly agreed: number; readonly other: readonly string[] };
  /** What was still open, held or marked when all was over. */
  readonly left: readonly string[];
}

export async function runCase(
  it: Case,
  cluster: ControlPlaneClient & Partial<Pick<ControlPlane, 'restart'>>,
  folder: string,
): Promise<CaseResult> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const namespace = await cluster.namespace('exclusive');
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shared', namespace },
    data: { a: 'old', b: 'old' },
  });
  const lease = `exclusive-${namespace.slice(-8)}`;
  const held = { namespace: 'default', name: lease, seconds: LEASE_SECONDS };
  await makeLease(cluster.kubeconfig(), held);
  const env = { STRATUS_LEASE: `default/${lease}`, STRATUS_LEASE_SECONDS: String(LEASE_SECONDS) };
  const place: Place = { cluster, folder, namespace, env };
  const journals = [join(folder, 'a.db'), join(folder, it.journals === 1 ? 'a.db' : 'b.db')];
  const jump = it.fault === 'its clock jumps' ? clockJump(it.hours, 3_000 + it.before) : {};
  const writers: Writer[] = [];
  const start = async (...args: Parameters<typeof startWriter>) => {
    const writer = await startWriter(...args);
    writers.push(writer);
    return writer;
  };
  try {
    const one = await start(place, `${namespace}-a`, journals[0] ?? '', jump);
    const two = await start(place, `${namespace}-b`, journals[1] ?? '');
    let over = false;
    const goesOn = () => !over;
    const jobs = [work(one, place, 'a', it.pace, goesOn), work(two, place, 'b', it.pace, goesOn)];
    await hasWritten(one);
    await sleep(it.before);
    const more = await strike(it, place, one, lease, start);
    await sleep(it.after);
    over = true;
    await Promise.all(jobs);
    const alive = [one, two, ...more].filter(({ server }) => !gone.has(server.pid));
    for (const { server } of alive) await settle(server);
    const left = await leftovers(place, lease);
    const events = readAuditLog(cluster);
    const proof = prove(events, lease, namespace);
    return {
      proof,
      answers: sum(writers),
      journaled: compare(proof, [...new Set(journals)]),
      left,
    };
  } finally {
    for (const { server } of writers) await end(server);
  }
}

/** In the middle of a transaction, where it hurts. */
async function hasWritten({ answers }: Writer): Promise<void> {
  const until = performance.now() + WRITES_MS;
  while (!answers.has('applied') && performance.now() < until) await sleep(20);
}

const gone = new Set<number>();

async function end({ pid, exited }: Writer['server']): Promise<void> {
  if (gone.has(pid)) return;
  gone.add(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
  await exited;
}

/** What the case is about. @returns writers that came in */
async function strike(
  it: Case,
  place: Place,
  one: Writer,
  lease: string,
  start: typeof startWriter,
): Promise<Writer[]> {
  const { pid } = one.server;
  const past = LEASE_SECONDS * 1_000 + it.longer;
  switch (it.fault) {
    case 'paused':
      freeze(pid);
      await sleep(past);
      process.kill(pid, 'SIGCONT');
      return [];
    case 'paused, and a person frees the Lease':
      freeze(pid);
      try {
        await breakLease(place);
        await sleep(it.longer);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      return [];
    case 'paused, and a copy of its journal takes over': {
      freeze(pid);
      try {
        const copy = copyOfJournal(one.journal, join(place.folder, 'copy'));
        const third = await start(place, `${one.name}-copy`, copy);
        await settle(third.server);
        await sleep(it.longer);
        await end(third.server);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      return [];
    }
    case 'killed and started again': {
      await end(one.server);
      await sleep(it.longer);
      return [await start(place, `${one.name}-again`, one.journal)];
    }
    case 'paused, and the Lease is deleted':
      freeze(pid);
      await deleteLease(place, lease);
      // It wakes while it may still think that it holds it.
      await sleep(it.longer);
      process.kill(pid, 'SIGCONT');
      await sleep(past);
      return [];
    case 'the Lease is deleted by hand':
      await deleteLease(place, lease);
      await sleep(past);
      return [];
    case 'its clock jumps':
      await sleep(past);
      return [];
    case 'the API server is restarted':
      await (place.cluster as ControlPlane).restart();
      await sleep(it.longer);
      return [];
  }
}

async function deleteLease({ cluster }: Place, lease: string): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/default/leases/${lease}`;
  await cluster.request('DELETE', path, undefined, { allow: [404] });
}

/** The other one is a person at another machine. Refused while somebody renews it, or where nobody holds it. */
function breakLease({ cluster, folder, env }: Place): Promise<void> {
  const args = ['lease', 'break', '--note', 'it hangs', '--journal', join(folder, 'person.db')];
  const kubeconfig = ['--kubeconfig', cluster.kubeconfig()];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [BIN, ...args, ...kubeconfig],
      { env: { ...process.env, ...env } },
      () => resolve(),
    );
  });
}

async function settle(server: Writer['server']): Promise<void> {
  const until = performance.now() + SETTLED_MS;
  for (;;) {
    const open = await server.call('transaction_status', { open: true });
    if (!open.isError && open.data.total === 0) return;
    if (performance.now() > until) return;
    await sleep(200);
  }
}

async function leftovers({ cluster, namespace }: Place, lease: string): Promise<string[]> {
  const left: string[] = [];
  const path = `/apis/coordination.k8s.io/v1/namespaces/default/leases/${lease}`;
  const free = await cluster
    .waitFor(
      'the Lease given back',
      async () => {
        const { json, text } = await cluster.request('GET', path, undefined, { allow: [404] });
        return !at(json, 'spec', 'holderIdentity') && !text.includes('open-txn');
      },
      30_000,
    )
    .catch((error: unknown) => String(error));
  if (free !== true) left.push(`the Lease: ${free}`);
  const shared = `/api/v1/namespaces/${namespace}/configmaps/shared`;
  const { text } = await cluster.request('GET', shared);
  if (text.includes('stratus.dev/')) left.push(`a mark of ours: ${text}`);
  return left;
}

/** The epoch that each journal noted for the transaction of an intent, against the API server's. */
function compare(proof: Proof, journals: readonly string[]): CaseResult['journaled'] {
  const epochs = new Map<string, number>();
  for (const path of journals) {
    inJournal(path, ({ audit, transactions }) => {
      const opened = [...audit.export({})].filter(({ outcome }) => outcome === 'OPEN');
      for (const { transaction, detail } of opened) {
        const epoch = numberOf(at(detail, 'lease_epoch'));
        if (typeof transaction !== 'string' || epoch === undefined) continue;
        for (const { intentId } of transactions.steps(transaction)) epochs.set(intentId, epoch);
      }
    });
  }
  const named = proof.writes.filter(({ auditId }) => epochs.has(auditId));
  const other = named
    .filter(({ auditId, epoch }) => epochs.get(auditId) !== epoch)
    .map(({ auditId, epoch }) => `${auditId}: epoch ${epoch}, journaled ${epochs.get(auditId)}`);
  return { agreed: named.length - other.length, other };
}

function sum(writers: readonly Writer[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const { answers } of writers) {
    for (const [word, count] of answers) all.set(word, (all.get(word) ?? 0) + count);
  }
  return all;
}
