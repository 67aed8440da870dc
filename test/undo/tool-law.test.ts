import { beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { StratusError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { at, stringifyJson } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { mitigateTools } from '../../src/tools/mitigate/index.ts';
import { normalise } from '../../src/undo/normalise.ts';
import { useOwnCluster } from '../cluster/index.ts';
import { CALLER, createAs, expectRestored, mustRead, read, useBench, writeAs } from './bench.ts';
import { full } from './kinds.ts';
import { argumentsOf, refOf as objectOfLaw } from './law-calls.ts';
import { KIND_NAMES, type KindName, LAW_KINDS, PARKED } from './law-kinds.ts';
import { MATRIX, NEW, type Row } from './law-matrix.ts';
import { WIDGETS } from './widget.ts';

// A row is a dozen commands and their undo, with rollouts on the way.
vi.setConfig({ testTimeout: 180_000 });

// Alone: nodes are cordoned here, and that is everybody's business.
const plane = await useOwnCluster({ nodes: 2 });
const bench = useBench(plane);
let namespace = '';

beforeAll(async () => {
  namespace = await plane.namespace('tool-law');
  await plane.apply(WIDGETS);
  const parked = { ...refOf('Deployment'), name: PARKED };
  const { spec } = LAW_KINDS.Deployment.manifest(PARKED);
  const nothing = { spec: { ...(spec as JsonObject), replicas: 0 } };
  await createAs(plane, 'kubectl-create', parked, full(nothing, parked));
  for (const kind of KIND_NAMES) {
    const { manifest, later } = LAW_KINDS[kind];
    const ref = refOf(kind);
    if (kind !== 'Node')
      await createAs(plane, 'kubectl-create', ref, full(manifest(ref.name), ref));
    await settled(kind);
    if (later !== undefined) await writeAs(plane, 'kubectl-edit', ref, 'merge', later);
  }
});

const refOf = (kind: KindName, name?: string): ObjectRef => objectOfLaw(namespace, kind, name);

test('every kind meets every tool that changes something', () => {
  for (const { call, cells } of MATRIX) expect(Object.keys(cells), call).toEqual(KIND_NAMES);
  const tools = mitigateTools(systemClock).map(({ name }) => name);
  // Its commands are those of the others; test/tools/mitigate/batch.test.ts takes them back together.
  const inTable = new Set([...MATRIX.map(({ tool }) => tool), 'mitigate_batch']);
  expect([...inTable].sort()).toEqual(tools.toSorted());
});

test.each(MATRIX)('$call, taken back by $back', async (row) => {
  await prepare(row);
  const before = await readAll(row);
  // A node lies in no namespace.
  const transaction = await bench.begun(
    '*',
    KIND_NAMES.map((kind) => refOf(kind)),
  );
  const commands = await callAll(row, transaction, before);
  await takeBack(row, transaction, commands);
  for (const kind of KIND_NAMES) {
    const did = 'does' in row.cells[kind];
    await told(`${row.call} of a ${kind}`, async () => {
      const after = await read(plane, targetOf(row, kind));
      const image = before.get(kind);
      if (image === undefined) expect(after).toBeUndefined();
      else expectRestored(image, after, { recreated: did && row.recreates === true });
    });
  }
});

/** Other answers than a change, when the tools follow one another. */
const ANSWERS = ['conflict', 'no_change', 'dry_run_rejected', 'invalid_arguments'];

test.each([KIND_NAMES.slice(0, 4), KIND_NAMES.slice(4, 9), KIND_NAMES.slice(9)])(
  'all tools one after the other in one transaction, on a %s, a %s, a %s, …',
  async (...kinds) => {
    for (const kind of KIND_NAMES) await settled(kind);
    const refs = kinds.map((kind) => refOf(kind));
    const before = await Promise.all(refs.map((ref) => mustRead(plane, ref)));
    const transaction = await bench.begun('*', refs);
    for (const row of MATRIX) {
      if (row.creates || row.tool === 'mitigate_drain') continue;
      for (const kind of kinds) {
        const cell = row.cells[kind];
        if (!('does' in cell)) continue;
        await bench
          .call(transaction, row.tool, argumentsOf(namespace, row, kind, cell))
          .catch((error: unknown) => {
            if (error instanceof StratusError && ANSWERS.includes(error.code)) return;
            throw new Error(`${row.call} of a ${kind}`, { cause: error });
          });
      }
    }
    await bench.aborted(transaction);
    for (const [i, ref] of refs.entries()) {
      await told(`all tools on a ${ref.kind}`, async () => {
        const image = before[i] as KubeObject;
        const recreated = 'does' in (MATRIX.at(-1) as Row).cells[ref.kind as KindName];
        expectRestored(image, await read(plane, ref), { recreated });
      });
    }
  },
);

test('a cordoned node comes back as it was, byte for byte: the controller took its taint away', async () => {
  const ref = refOf('Node');
  await writeAs(plane, 'kubectl-edit', ref, 'merge', {
    spec: { unschedulable: null, taints: [{ key: 'example.com/a', effect: 'PreferNoSchedule' }] },
  });
  await settled('Node');
  const before = await mustRead(plane, ref);
  const transaction = await bench.begun('*', [ref]);
  const call = (args: JsonObject) =>
    bench.call(transaction, 'mitigate_node', { name: ref.name, ...args });
  await call({ action: 'cordon' });
  await answered('Node', ref);
  // The list of taints has one of the controller's now, and it is one value to the API server.
  const taint = { key: 'example.com/b', effect: 'NoSchedule' };
  await call({ action: 'taint', taint });
  await call({ action: 'untaint', taint: { key: 'example.com/a' } });
  expect(at((await mustRead(plane, ref)).spec, 'taints')).toEqual([
    { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: expect.anything() },
    taint,
  ]);
  await bench.aborted(transaction);
  const after = await mustRead(plane, ref);
  expect(after.spec).toEqual(before.spec);
  expectRestored(before, after);
});

const targetOf = (row: Row, kind: KindName) => refOf(kind, row.creates ? NEW : undefined);

/** Every object at rest, where the row wants it to start. */
async function prepare(row: Row): Promise<void> {
  for (const kind of KIND_NAMES) {
    const cell = row.cells[kind];
    if ('first' in cell && cell.first !== undefined) {
      await writeAs(plane, 'kubectl-edit', refOf(kind), 'merge', cell.first);
    } else if (kind === 'Deployment') {
      await writeAs(plane, 'kubectl-edit', refOf(kind), 'merge', { spec: { paused: null } });
    } else if (kind === 'Node') {
      await writeAs(plane, 'kubectl-edit', refOf(kind), 'merge', { spec: { unschedulable: null } });
    }
  }
  for (const kind of KIND_NAMES) await settled(kind);
}

async function readAll(row: Row): Promise<Map<KindName, KubeObject>> {
  const objects = new Map<KindName, KubeObject>();
  for (const kind of KIND_NAMES) {
    const object = await read(plane, targetOf(row, kind));
    if (object !== undefined) objects.set(kind, object);
  }
  return objects;
}

/** @returns how many calls were answered with a change */
async function callAll(
  row: Row,
  transaction: string,
  before: ReadonlyMap<KindName, KubeObject>,
): Promise<number> {
  let commands = 0;
  for (const kind of KIND_NAMES) {
    const cell = row.cells[kind];
    if ('none' in cell) continue;
    await told(`${row.call} of a ${kind}`, async () => {
      const asked = bench.call(transaction, row.tool, argumentsOf(namespace, row, kind, cell));
      if ('refuses' in cell) {
        await expect(asked, cell.why).rejects.toMatchObject({ code: cell.refuses });
        return;
      }
      const { changes } = await asked;
      commands += 1;
      expect(changes[0]?.class).toBe(cell.does);
      await answered(kind, targetOf(row, kind));
      // An undo of nothing would prove nothing.
      const now = await read(plane, targetOf(row, kind));
      const uid = row.recreates ? undefined : before.get(kind)?.metadata.uid;
      expect(now && comparable(now)).not.toEqual(comparable(before.get(kind)));
      if (uid !== undefined) expect(now?.metadata.uid).toBe(uid);
    });
  }
  return commands;
}

function comparable(object: KubeObject | undefined): string | undefined {
  return object && stringifyJson(normalise(object, { hasStatus: true }));
}

async function takeBack(row: Row, transaction: string, commands: number): Promise<void> {
  const { engine } = bench;
  if (row.back === 'undo_last') {
    for (let left = commands; left > 0; left--) {
      const { undo } = await engine.undoLast(transaction, CALLER);
      expect(undo.objects.flatMap(({ conflicts }) => conflicts)).toEqual([]);
    }
    return;
  }
  if (row.back === 'abort') return bench.aborted(transaction);
  const ended = await engine.commit(transaction, { waitMs: 60_000 });
  expect(ended.kind, stringifyJson(ended as unknown as JsonObject)).toBe('committed');
  const { undo } = await engine.undoCommitted(transaction, CALLER);
  expect(undo.objects.flatMap(({ conflicts }) => conflicts)).toEqual([]);
}

/** Waits until a controller has looked at what is there: the undo has to cope with what it did. */
async function answered(kind: KindName, ref: ObjectRef): Promise<void> {
  await plane.waitFor(`the controller's answer to ${kind}`, async () => {
    const object = await read(plane, ref);
    const seen = at(object, 'status', 'observedGeneration');
    if (kind === 'Node')
      return isTainted(object) === (at(object, 'spec', 'unschedulable') === true);
    return seen === undefined || seen === object?.metadata.generation;
  });
}

function isTainted(node: KubeObject | undefined): boolean {
  return stringifyJson(at(node, 'spec', 'taints') ?? []).includes('kubernetes.io/unschedulable');
}

/** At rest: nothing that happens from now on is an echo of what was. */
async function settled(kind: KindName): Promise<void> {
  const ref = refOf(kind);
  await answered(kind, ref);
  await plane.waitFor(`${kind} at rest`, async () => {
    const { spec, status = {} } = await mustRead(plane, ref);
    const is = (field: string, value: unknown) => (at(status, field) ?? 0) === value;
    const wanted = at(spec, 'replicas');
    if (kind === 'Deployment' && at(spec, 'paused') !== true) {
      return ['replicas', 'updatedReplicas', 'availableReplicas'].every((it) => is(it, wanted));
    }
    if (kind === 'StatefulSet') {
      const counts = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas'];
      return counts.every((it) => is(it, wanted));
    }
    if (kind !== 'DaemonSet') return true;
    const pods = at(status, 'desiredNumberScheduled');
    return pods === 2 && is('updatedNumberScheduled', pods) && is('numberAvailable', pods);
  });
}

/** Says whose failure it is, and goes on with the other kinds. */
async function told(what: string, check: () => Promise<void>): Promise<void> {
  const failure = await check().then(
    () => undefined,
    (error: unknown) => `${what}: ${error instanceof Error ? error.message : String(error)}`,
  );
  expect.soft(failure).toBeUndefined();
}
