import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { type Assistant, startAssistant } from '../story/client.ts';
import { type Bench, POLICY } from './bench.ts';
import type { Raw } from './raw.ts';
import { type Server, startMcp } from './server.ts';
import { inTurns, median, p95 } from './stats.ts';
import type { Result } from './types.ts';

const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));
/** Commands of one transaction: each reads the steps before it, so not as many as the policy allows. */
const COMMANDS = 25;
/** Commands before any is counted: a server lives for weeks, and its first calls are compiled as they run. */
const WARM_UP = 66;

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
  const echo = await startMcp(['--import', 'tsx', ECHO, '1000']);
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
        guarded: () => guarded(raw, rows, echo, settings, value()),
      }),
      await measure(bench, server, namespace, 'mitigate_scale of one Deployment', {
        tool: 'mitigate_scale',
        // The Deployment is paused and its pods never run: nothing else writes to it.
        args: () => ({ kind: 'Deployment', name: 'web', replicas: next() }),
        floor: () => floor(raw, rows, web, { metadata: { annotations: { floor: value() } } }),
        guarded: () => guarded(raw, rows, echo, web, value()),
      }),
    ];
  } finally {
    rows.close();
    await echo.close();
    await server.close();
  }
}

interface Case {
  readonly tool: string;
  readonly args: () => JsonObject;
  readonly floor: () => Promise<void>;
  /** The least with the undo rehearsed, behind MCP. */
  readonly guarded: () => Promise<void>;
}

async function measure(
  { quick }: Bench,
  server: Assistant,
  namespace: string,
  what: string,
  { tool, args, floor: least, guarded: leastGuarded }: Case,
): Promise<Result> {
  const ours: number[] = [];
  const floors: number[] = [];
  const rehearsed: number[] = [];
  const perTransaction = Math.floor(COMMANDS / 1.1);
  const rounds = quick ? WARM_UP : WARM_UP + 200;
  for (let done = 0; done < rounds; done += perTransaction) {
    const begun = await called(server, 'transaction_begin', {
      reason: 'bench',
      namespaces: [namespace],
    });
    const transaction = String(begun.transaction);
    const times = await inTurns(perTransaction, {
      ours: () => called(server, tool, { namespace, transaction, reason: 'bench', ...args() }),
      floor: least,
      guarded: leastGuarded,
    });
    if (quick || done >= WARM_UP) {
      ours.push(...times.ours);
      floors.push(...times.floor);
      rehearsed.push(...times.guarded);
    }
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
    note: `with the undo's dry run in the place of the last GET, behind MCP over stdio, ${(median(rehearsed) / median(floors)).toFixed(2)}x is the least, and this is ${(median(ours) / median(rehearsed)).toFixed(2)}x of that`,
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

/** The same with what makes it guarded: the undo is dry-run instead of the object read, and a client asks by MCP. */
async function guarded(
  raw: Raw,
  rows: Rows,
  echo: Server,
  path: string,
  value: string,
): Promise<void> {
  await echo.call('constant', {});
  const body = { metadata: { annotations: { floor: value } } };
  await raw.send('GET', path);
  await raw.send('PATCH', `${path}?dryRun=All`, body);
  rows.add();
  const after = JSON.parse(await raw.send('PATCH', path, body)) as KubeObject;
  // Without a resourceVersion, because a controller may write in between.
  const { resourceVersion: _, ...metadata } = after.metadata;
  await raw.send('PUT', `${path}?dryRun=All`, { ...after, metadata });
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
