import { setTimeout as sleep } from 'node:timers/promises';
import {
  at,
  type Json,
  type JsonObject,
  objectsOf,
  stringifyJson,
} from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { full } from '../../undo/kinds.ts';
import { refOf } from '../../undo/law-calls.ts';
import { KIND_NAMES, type KindName, LAW_KINDS, PARKED } from '../../undo/law-kinds.ts';
import type { Row } from '../../undo/law-matrix.ts';
import { WIDGETS } from '../../undo/widget.ts';
import { type Listable, listable, stored } from './stored.ts';

const PATIENCE_MS = 60_000;
const STILL_MS = 400;

/** A namespace with an object of each kind of the matrix, and what the other tools look at. */
export interface Objects {
  readonly namespace: string;
  readonly kinds: readonly Listable[];
  /** Whether something has to be written for `prepare`. */
  needs(row: Row): boolean;
  /** Brings every object to where the row wants it, and waits until nothing moves any more. */
  prepare(row: Row): Promise<void>;
}

export async function createObjects(cluster: ControlPlaneClient): Promise<Objects> {
  const namespace = await cluster.namespace('plans');
  await cluster.apply([WIDGETS, ...everyday(namespace)]);
  for (const kind of KIND_NAMES) {
    if (kind === 'Node') continue;
    const ref = refOf(namespace, kind);
    await cluster.apply(full(LAW_KINDS[kind].manifest(ref.name), ref));
  }
  const kinds = await listable(cluster);
  const edit = async (kind: KindName, patch: Json): Promise<void> => {
    const { apiVersion, name } = refOf(namespace, kind);
    const listed = kinds.find((it) => it.kind === kind && it.apiVersion === apiVersion);
    if (listed === undefined) throw new Error(`the API server does not list ${apiVersion} ${kind}`);
    const place = listed.namespaced
      ? `/namespaces/${namespace}/${listed.plural}`
      : `/${listed.plural}`;
    const root = listed.path.slice(0, -`/${listed.plural}`.length);
    await cluster.request(
      'PATCH',
      `${root}${place}/${name}?fieldManager=kubectl-edit`,
      stringifyJson(patch),
    );
  };
  await still(cluster, kinds);
  for (const kind of KIND_NAMES) {
    const { later } = LAW_KINDS[kind];
    if (later !== undefined) await edit(kind, later);
  }
  await still(cluster, kinds);
  let moved = false;
  return {
    namespace,
    kinds,
    needs: (row) => moved || firstsOf(row).length > 0,
    async prepare(row) {
      const firsts = firstsOf(row);
      if (moved) {
        await edit('Deployment', { spec: { paused: null } });
        await edit('Node', { spec: { unschedulable: null } });
      }
      for (const { kind, patch } of firsts) await edit(kind, patch);
      await still(cluster, kinds);
      moved = firsts.length > 0;
    },
  };
}

function firstsOf({ cells }: Row): { kind: KindName; patch: JsonObject }[] {
  return KIND_NAMES.flatMap((kind) => {
    const cell = cells[kind];
    return 'first' in cell && cell.first !== undefined ? [{ kind, patch: cell.first }] : [];
  });
}

/** What `right-arguments.ts` speaks of. */
function everyday(namespace: string): JsonObject[] {
  const labels = { app: 'web' };
  const { spec } = LAW_KINDS.Deployment.manifest(PARKED);
  const parked = { ...refOf(namespace, 'Deployment'), name: PARKED };
  return [
    full({ spec: { ...(spec as JsonObject), replicas: 0 } }, parked),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace },
      data: { mode: 'fast' },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'other', namespace },
      data: { mode: 'fast' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: labels, ports: [{ port: 80 }] },
    },
  ];
}

/** Waits until the controllers have seen everything, all pods are ready and a moment has passed without a write. */
async function still(cluster: ControlPlaneClient, kinds: readonly Listable[]): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  let before = '';
  for (;;) {
    const now = stringifyJson([...(await stored(cluster, kinds))].toSorted());
    if (now === before && (await atRest(cluster))) return;
    if (performance.now() > end) throw new Error('the objects did not come to rest');
    before = now;
    await sleep(STILL_MS);
  }
}

async function atRest(cluster: ControlPlaneClient): Promise<boolean> {
  const items = async (path: string) =>
    objectsOf(at((await cluster.request('GET', path)).json, 'items'));
  const pods = await items('/api/v1/pods');
  const ready = pods.every((pod) =>
    objectsOf(at(pod, 'status', 'conditions')).some(
      ({ type, status }) => type === 'Ready' && status === 'True',
    ),
  );
  const workloads = await Promise.all(
    ['deployments', 'statefulsets', 'daemonsets'].map((plural) => items(`/apis/apps/v1/${plural}`)),
  );
  const seen = workloads
    .flat()
    .every((it) => at(it, 'status', 'observedGeneration') === at(it, 'metadata', 'generation'));
  return ready && seen;
}
