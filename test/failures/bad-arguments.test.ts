import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { type Bench, kill, openBench } from '../recovery/bench.ts';
import type { Answer, Assistant } from '../story/client.ts';
import { rightArguments } from '../tools/right-arguments.ts';

const cluster = useCluster();
/** Hostile values for each argument of each tool. */
const RUNS = Number(process.env.STRATUS_PROPERTY_RUNS ?? 6);

let bench: Bench;
let server: Assistant;
let tools: { name: string; inputSchema: JsonObject }[];

beforeAll(async () => {
  bench = await openBench(cluster, 'hostile');
  server = await bench.start();
  tools = (await server.client.listTools()).tools as unknown as typeof tools;
});
afterAll(async () => {
  if (server !== undefined) await kill(server);
  bench?.remove();
});

const right = (tool: string) => rightArguments(tool, bench.namespace);

const hostile = fc.oneof(
  fc.constantFrom<unknown[]>(
    ...[null, true, -1, 0, 1e308, 2 ** 53, 0.5, '', ' ', '.', '..', 'a/b', 'a.b.c', '../../etc'],
    ...[
      'x'.repeat(300),
      'ä',
      '\u0000',
      '\ud800',
      '\u202Eevil',
      '\u001b[2J',
      '*',
      '<cluster>',
      '%2e%2e',
      '?a=b',
    ],
    ...[
      '__proto__',
      'constructor',
      '$(reboot)',
      '; reboot',
      "' OR 1=1 --",
      '{{ .Values }}',
      '!!js/x',
    ],
    ...['apps/v9 Deployment', 'v1 Nonsense', 'deployments/scale', 'a=b,c in (', '!', 'in', 'app'],
    ...[[], {}, [[]], [null], { a: null }, { a: { b: ['c'] } }, { __proto__: 'x' }, { '': '' }],
    ...[{ 'a/b/c': 'd' }, { x: 1 }, ['settings'], ['*', '*'], [{}], 'P1D', '15m', '-1h', '99999h'],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** It went through, or it says what was wrong. Never a defect, a stack trace, a path of this machine. */
function expectHandled(tool: string, args: unknown, answer: Answer): void {
  const context = `${tool} ${JSON.stringify(args)}\n${answer.text}`;
  expect(answer.text, context).not.toMatch(
    /\[internal\]|^\s+at |node_modules|TypeError|undefined/m,
  );
  if (answer.isError) {
    expect(answer.text, context).toMatch(/\[[a-z_]+\]$/m);
    expect(answer.text, context).toMatch(/^Next: \S.{10,}/m);
    expect(answer.text, context).toContain('Nothing was changed.');
  } else expect(answer.data.summary, context).toBeTruthy();
}

async function versions(): Promise<string[]> {
  const { namespace } = bench;
  const lists = [
    `/api/v1/namespaces/${namespace}/configmaps`,
    `/api/v1/namespaces/${namespace}/services`,
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    '/api/v1/namespaces?fieldSelector=metadata.name%3Ddefault',
  ];
  const items = await Promise.all(
    lists.map(async (path) => objectsOf(at((await cluster.request('GET', path)).json, 'items'))),
  );
  return items
    .flat()
    .map(({ metadata }) => `${at(metadata, 'name')}@${at(metadata, 'resourceVersion')}`);
}

test('every argument of every tool takes every kind of nonsense', {
  timeout: 400_000,
}, async () => {
  const before = await versions();
  for (const { name: tool, inputSchema } of tools) {
    const base = right(tool);
    expect(base, `${tool} is not in this test`).toBeDefined();
    const keys = Object.keys((inputSchema.properties ?? {}) as JsonObject);
    const args = fc
      .constantFrom(...keys)
      .chain((key) => hostile.map((value) => ({ ...base, [key]: value })))
      // Nothing is written here, but by a change that is none of nonsense.
      .filter((given) => !tool.startsWith('mitigate_') || given.dry_run !== false);
    await fc.assert(
      fc.asyncProperty(args, async (hostileArguments) => {
        const answer = await server.call(tool, hostileArguments as JsonObject);
        expectHandled(tool, hostileArguments, answer);
        await closeWhatOpened(tool, answer);
      }),
      { numRuns: RUNS * keys.length, endOnFailure: true },
    );
  }
  expect(await versions()).toEqual(before);
  expect((await server.call('transaction_status', { open: true })).data.total).toBe(0);
});

async function closeWhatOpened(tool: string, { isError, data }: Answer): Promise<void> {
  if (tool !== 'transaction_begin' || isError) return;
  const { transaction = '' } = data;
  const end = await server.call('transaction_abort', { transaction, reason: 'test' });
  expect(end.isError, end.text).toBe(false);
}

test('every tool names an unknown argument and those it expects', async () => {
  for (const { name: tool } of tools) {
    const answer = await server.call(tool, { ...right(tool), nmespace: 'x' });
    expect(answer.text).toContain(`Unknown argument for tool "${tool}": "nmespace"`);
    expect(answer.text).toContain('Expected arguments: "');
    if (answer.text.includes('"namespace"')) {
      expect(answer.text).toContain('Did you mean "namespace"?');
    }
  }
});

test('a wrong type says what was expected and what came', async () => {
  const { namespace } = bench;
  const wrong = await server.call('observe_get', { kind: 'ConfigMap', namespace, name: 7 });
  expect(wrong.text).toContain('Invalid argument "name" for tool "observe_get"');
  expect(wrong.text).toMatch(/expected string.*number/);
  const missing = await server.call('observe_get', { kind: 'ConfigMap', namespace });
  expect(missing.text).toContain(
    'Missing argument "name" for tool "observe_get": expected string.',
  );
});

test('selectors that match nothing or everything, kinds and versions that are not there', async () => {
  const { namespace } = bench;
  const change = { kind: 'ConfigMap', namespace, labels: { a: 'b' }, reason: 'test' };
  const nothing = await server.call('mitigate_set_metadata', { ...change, selector: 'app=nobody' });
  expect(nothing.text).toMatch(/No .* matches the selector "app=nobody".*\[not_found\]/);
  const broken = await server.call('mitigate_set_metadata', { ...change, selector: 'app in (' });
  expect(broken.isError, broken.text).toBe(true);
  expect(broken.text).not.toContain('[internal]');
  // Three ConfigMaps match, and the policy of this bench lets a transaction touch three objects.
  const everything = await server.call('mitigate_set_metadata', {
    kind: 'ConfigMap',
    selector: '!no-such-label',
    labels: { a: 'b' },
    reason: 'test',
  });
  expect(everything.isError, everything.text).toBe(true);
  expect(everything.text).toContain('Nothing was changed.');
  for (const kind of [
    'apps/v9 Deployment',
    'Deploiment',
    'deployments.nowhere.io',
    'v1 Deployment',
  ]) {
    const answer = await server.call('observe_get', { kind, namespace, name: 'web' });
    expect(answer.text, kind).toContain('[unknown_resource]');
  }
  const nowhere = await server.call('mitigate_patch', {
    kind: 'ConfigMap',
    namespace: 'no-such-namespace',
    name: 'settings',
    patch: { data: { a: 'b' } },
    reason: 'test',
  });
  expect(nowhere.text).toMatch(/There is no ConfigMap no-such-namespace\/settings.*\[not_found\]/);
});
