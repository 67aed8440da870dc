import Sqlite from 'better-sqlite3';
import type { JsonObject } from '../../src/core/json.ts';
import { type Assistant, startAssistant } from '../story/client.ts';
import { type Bench, POLICY } from './bench.ts';
import type { Raw } from './raw.ts';
import { inTurns, median, p95 } from './stats.ts';
import type { Result } from './types.ts';

/** Commands of one transaction: each reads the steps before it, so not as many as the policy allows. */
const COMMANDS = 25;

/** A command of an open transaction, against the requests and the two synced inserts that it can't do without. */
export async function write(bench: Bench): Promise<Result[]> {
  const plane = await bench.plane();
  const raw = await bench.raw();
  const namespace = await plane.namespace('bench-write');
  await plane.apply([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: {} },
    deployment(namespace),
  ]);
  const server = await startAssistant({
    kubeconfig: plane.kubeconfig(),
    journal: bench.file('write.db'),
    policy: POLICY,
    env: { STRATUS_LOG_LEVEL: 'silent' },
  });
  const rows = syncedRows(bench.file('floor.db'));
  try {
    let count = 0;
    let replicas = 2;
    const next = () => {
      replicas = replicas === 2 ? 3 : 2;
      return replicas;
    };
    const value = () => `${count++}`;
    const settings = `/api/v1/namespaces/${namespace}/configmaps/settings`;
    const web = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    return [
      await measure(bench, server, namespace, 'mitigate_set_metadata of one ConfigMap', {
        tool: 'mitigate_set_metadata',
        args: () => ({ kind: 'ConfigMap', name: 'settings', annotations: { bench: value() } }),
        floor: () => floor(raw, rows, settings, { metadata: { annotations: { floor: value() } } }),
      }),
      await measure(bench, server, namespace, 'mitigate_scale of one Deployment', {
        tool: 'mitigate_scale',
        // The Deployment is paused and its pods never run: nothing else writes to it.
        args: () => ({ kind: 'Deployment', name: 'web', replicas: next() }),
        floor: () => floor(raw, rows, web, { metadata: { annotations: { floor: value() } } }),
      }),
    ];
  } finally {
    rows.close();
    await server.close();
  }
}

interface Case {
  readonly tool: string;
  readonly args: () => JsonObject;
  readonly floor: () => Promise<void>;
}

async function measure(
  { quick }: Bench,
  server: Assistant,
  namespace: string,
  what: string,
  { tool, args, floor: least }: Case,
): Promise<Result> {
  const ours: number[] = [];
  const floors: number[] = [];
  const perTransaction = Math.floor(COMMANDS / 1.1);
  for (let done = 0; done < (quick ? 20 : 100); done += perTransaction) {
    const begun = await called(server, 'transaction_begin', {
      reason: 'bench',
      namespaces: [namespace],
    });
    const transaction = String(begun.transaction);
    const times = await inTurns(perTransaction, {
      ours: () => called(server, tool, { namespace, transaction, reason: 'bench', ...args() }),
      floor: least,
    });
    ours.push(...times.ours);
    floors.push(...times.floor);
    await called(server, 'transaction_abort', { transaction, reason: 'measured' });
  }
  return {
    bench: 'write',
    what,
    unit: 'ms',
    median: median(ours),
    p95: p95(ours),
    floor: { what: 'GET, dry run, PATCH, GET, two synced inserts', median: median(floors) },
    ratio: median(ours) / median(floors),
    target: { of: 'ratio', most: 1.5 },
  };
}

async function called(server: Assistant, tool: string, args: JsonObject): Promise<JsonObject> {
  const { isError, text, data } = await server.call(tool, args);
  if (isError) throw new Error(`${tool}: ${text}`);
  return data;
}

async function floor(raw: Raw, rows: Rows, path: string, body: object): Promise<void> {
  await raw.send('GET', path);
  await raw.send('PATCH', `${path}?dryRun=All`, body);
  rows.add();
  await raw.send('PATCH', path, body);
  await raw.send('GET', path);
  rows.add();
}

interface Rows {
  add(): void;
  close(): void;
}

function syncedRows(path: string): Rows {
  const sql = new Sqlite(path);
  sql.pragma('journal_mode = WAL');
  sql.pragma('synchronous = FULL');
  sql.exec('CREATE TABLE row (at INTEGER, text TEXT)');
  const insert = sql.prepare('INSERT INTO row VALUES (?, ?)');
  const text = 'x'.repeat(1_000);
  return { add: () => insert.run(Date.now(), text), close: () => sql.close() };
}

function deployment(namespace: string): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 1,
      paused: true,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'app', image: 'shop/app:1.0' }] },
      },
    },
  };
}
