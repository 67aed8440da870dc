import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  expectRestored,
  mustRead,
  read,
  urlOf,
  useBench,
  writeAs,
} from './bench.ts';
import { configMap, deployment, full, type Kind, manifestOf, secret, service } from './kinds.ts';
import { WIDGETS, widget } from './widget.ts';

const cluster = useCluster();
const bench = useBench(cluster);

/** Histories per kind. STRATUS_PROPERTY_RUNS=200 for a long look. */
const RUNS = Number(process.env.STRATUS_PROPERTY_RUNS ?? 12);

/** What may answer a step instead of a change: another owner, nothing to do, or no way back. */
const ANSWERS = ['conflict', 'no_change', 'irreversible', 'dry_run_rejected'];

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-law');
  await cluster.apply(WIDGETS);
});

interface History {
  readonly others: readonly number[];
  readonly changes: readonly Change[];
  /** The object is deleted at the end; and one of its name created in its place. */
  readonly ending: 'stays' | 'deleted' | 'replaced';
  readonly commit: boolean;
}

function histories(kind: Kind): fc.Arbitrary<History> {
  return fc.record({
    others: fc.subarray(kind.others.map((_other, i) => i)),
    changes: fc.array(kind.changes, { minLength: 1, maxLength: 5 }),
    ending: fc.constantFrom('stays', 'stays', 'stays', 'deleted', 'replaced'),
    commit: fc.boolean(),
  });
}

test.each([configMap, secret, service, deployment, widget])(
  'undo(do(s)) = s: any changes of a $kind, by anybody before',
  async (kind) => {
    let written = 0;
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(histories(kind), async (history) => {
        const counts = await live(kind, history);
        written += counts.written;
        asked += history.changes.length;
      }),
      { numRuns: RUNS, endOnFailure: process.env.STRATUS_PROPERTY_RUNS === undefined },
    );
    // A law about writes that were all refused would say nothing.
    expect(written).toBeGreaterThan(asked / 2);
  },
  RUNS * 10_000,
);

/** One history: others write, we change, it is taken back. */
async function live(kind: Kind, history: History): Promise<{ written: number }> {
  const name = `it-${randomBytes(4).toString('hex')}`;
  const ref: ObjectRef = { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name };
  await createAs(cluster, 'kubectl-create', ref, manifestOf(kind, ref));
  for (const index of history.others) {
    const other = kind.others[index];
    if (other === undefined) continue;
    const body = other.type === 'apply' ? full(other.body, ref) : other.body;
    await writeAs(cluster, other.manager, ref, other.type, body);
  }
  await quiet(ref);
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begin(namespace, [ref]);
  let written = 0;
  for (const change of history.changes) {
    if (await attempt(transaction, ref, change)) written += 1;
  }
  let recreated = false;
  if (history.ending !== 'stays') recreated = await attempt(transaction, ref, { verb: 'delete' });
  if (history.ending === 'replaced' && recreated) {
    await cluster.waitFor(
      'the object to be gone',
      async () => (await read(cluster, ref)) === undefined,
    );
    await attempt(transaction, ref, { verb: 'create', manifest: manifestOf(kind, ref) });
  }
  await takeBack(transaction, history.commit);
  expectRestored(before, await read(cluster, ref), { recreated });
  await remove(ref);
  return { written };
}

/** A new Deployment is numbered by its controller a moment later; that is no write of a person. */
async function quiet(ref: ObjectRef): Promise<void> {
  if (ref.kind !== 'Deployment') return;
  await cluster.waitFor('the controller to have seen it', async () => {
    const { metadata, status } = await mustRead(cluster, ref);
    return (status as { observedGeneration?: number })?.observedGeneration === metadata.generation;
  });
}

async function attempt(transaction: string, ref: ObjectRef, change: Change): Promise<boolean> {
  const given = 'manifest' in change ? { ...change, manifest: full(change.manifest, ref) } : change;
  try {
    await bench.step(transaction, ref, given);
    return true;
  } catch (error) {
    if (error instanceof StratusError && ANSWERS.includes(error.code)) return false;
    throw error;
  }
}

async function takeBack(transaction: string, commit: boolean): Promise<void> {
  const { engine } = bench;
  if (commit) {
    const ended = await engine.commit(transaction, { waitMs: 60_000 });
    if (ended.kind === 'committed') await engine.undoCommitted(transaction, CALLER);
  } else await bench.abort(transaction);
  const { state, outcome, steps } = engine.view(transaction);
  if (state === 'ABORTED' || state === 'UNDONE') return;
  // Out of the way of the next history.
  await engine.accept(transaction, 'the test fails', CALLER);
  const conflicts = steps.flatMap((step) => step.conflicts);
  throw new Error(`${state} ${outcome} ${JSON.stringify(conflicts)}`);
}

async function remove(ref: ObjectRef): Promise<void> {
  await cluster.request('DELETE', urlOf(ref), undefined, { allow: [404] });
}
