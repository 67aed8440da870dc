import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../../src/core/kube.ts';
import { openJournalReader } from '../../../src/journal/open.ts';
import { useCluster } from '../../cluster/index.ts';
import { FAST_POLICY } from '../../recovery/bench.ts';
import { type Answer, type Assistant, startAssistant } from '../../story/client.ts';
import { expectRestored } from '../../undo/bench.ts';

const OPEN_POLICY = fileURLToPath(new URL('../../undo/policy.yaml', import.meta.url));

const cluster = useCluster();

let assistant: Assistant;
let folder = '';
let namespace = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stratus-batch-'));
  namespace = await cluster.namespace('batch');
  await cluster.apply(shop());
  await cluster.waitFor('the pods', async () => {
    const web = await read(WEB);
    return at(web, 'status', 'availableReplicas') === 2;
  });
  assistant = await start(OPEN_POLICY);
});
afterEach(async () => {
  await assistant.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The open policy with more rules. */
function policyWith(rules: string): string {
  const path = join(folder, 'policy.yaml');
  const text = readFileSync(OPEN_POLICY, 'utf8');
  writeFileSync(path, text.replace(/^rules:$/m, `rules:${rules.trimEnd()}`));
  return path;
}

const journal = () => join(folder, 'journal.db');
const start = (policy: string) =>
  startAssistant({ kubeconfig: cluster.kubeconfig(), journal: journal(), policy });

const WEB = 'apis/apps/v1/deployments/web';
const SERVICE = 'api/v1/services/web';
const SETTINGS = 'api/v1/configmaps/settings';

function shop(): object[] {
  const labels = { app: 'web' };
  const containers = [{ name: 'c', image: 'local/web:1' }];
  const pod = { terminationGracePeriodSeconds: 1, containers };
  const template = { metadata: { labels }, spec: pod };
  const named = (name: string) => ({ metadata: { name, namespace } });
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', ...named('settings'), data: { mode: 'fast' } },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', ...named('web') },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    },
    {
      ...{ apiVersion: 'v1', kind: 'Service', ...named('web') },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}

/** `apis/apps/v1/deployments/web` of the test's namespace. */
async function read(short: string): Promise<KubeObject | undefined> {
  const [name = '', plural = '', ...root] = short.split('/').reverse();
  const path = `/${root.reverse().join('/')}/namespaces/${namespace}/${plural}/${name}`;
  const { json, status } = await cluster.request('GET', path, undefined, { allow: [404] });
  return status === 200 && isKubeObject(json) ? json : undefined;
}

async function mustRead(short: string): Promise<KubeObject> {
  const object = await read(short);
  if (object === undefined) throw new Error(`${short} is gone`);
  return object;
}

interface Command {
  readonly tool: string;
  readonly arguments: JsonObject;
}

const patch = (kind: string, name: string, body: JsonObject): Command => ({
  tool: 'mitigate_patch',
  arguments: { kind, namespace, name, patch: body },
});
const label = (tier: string): Command =>
  patch('deployment', 'web', { spec: { template: { metadata: { labels: { tier } } } } });
const select = (tier: string): Command => patch('service', 'web', { spec: { selector: { tier } } });
const mode = (value: string): Command => patch('configmap', 'settings', { data: { mode: value } });
/** A selector can't change: the API server says no. */
const impossible = (): Command =>
  patch('deployment', 'web', { spec: { selector: { matchLabels: { app: 'other' } } } });
const manifest = (name: string, data: JsonObject) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });

const batch = (commands: readonly Command[], more: JsonObject = {}): Promise<Answer> =>
  assistant.call('mitigate_batch', {
    commands: commands.map((one) => ({ ...one })),
    reason: 'an order matters',
    ...more,
  });

function steps(transaction = 'txn-1') {
  const reader = openJournalReader({ path: journal() });
  try {
    return reader.transactions
      .steps(transaction)
      .map(({ command, tool, kind, state }) => `${command} ${tool} ${kind} ${state}`);
  } finally {
    reader.close();
  }
}

function transactions(): number {
  const reader = openJournalReader({ path: journal() });
  try {
    return reader.transactions.list({ limit: 10 }).total;
  } finally {
    reader.close();
  }
}

async function begin(): Promise<string> {
  const begun = await assistant.call('transaction_begin', {
    reason: 'test',
    namespaces: [namespace],
  });
  return String(begun.data.transaction);
}

test('labels before the selector that finds them: one transaction, each command told', async () => {
  const done = await batch([
    label('front'),
    { tool: 'mitigate_scale', arguments: { namespace, name: 'web', replicas: 3 } },
    select('front'),
  ]);
  expect(done.data.status, done.text).toBe('committed');
  expect(objectsOf(done.data.commands)).toMatchObject([
    { command: 0, tool: 'mitigate_patch', changes: [{ object: `Deployment ${namespace}/web` }] },
    { command: 1, tool: 'mitigate_scale', changes: [{ object: `Deployment ${namespace}/web` }] },
    { command: 2, tool: 'mitigate_patch', changes: [{ object: `Service ${namespace}/web` }] },
  ]);
  expect(at(await read(SERVICE), 'spec', 'selector')).toEqual({ app: 'web', tier: 'front' });
  // The rollout that the first one began moves the Deployment's version under the second.
  expect(steps().filter((line) => !line.endsWith('REJECTED'))).toEqual([
    '1 mitigate_patch Deployment VERIFIED',
    '2 mitigate_scale Deployment VERIFIED',
    '3 mitigate_patch Service VERIFIED',
  ]);
});

test('the last command fails at the API server: those before it are taken back', async () => {
  const before = [await mustRead(WEB), await mustRead(SERVICE)] as const;
  // Fails only once the others ran: the quota counts the one that was created first.
  const hard = { 'count/configmaps': '3' };
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace } },
    spec: { hard },
  });
  await cluster.waitFor('the quota to count', async () => {
    const quota = await read('api/v1/resourcequotas/q');
    return at(quota, 'status', 'used', 'count/configmaps') === '2';
  });
  const create = (name: string): Command => ({
    tool: 'mitigate_apply',
    arguments: { manifest: manifest(name, { a: 'b' }), mode: 'create' },
  });
  const transaction = await begin();
  const failed = await batch([label('front'), select('front'), create('one'), create('two')], {
    transaction,
  });
  expect(failed.isError, failed.text).toBe(true);
  expect(failed.text).toContain('commands[3] (mitigate_apply): ');
  expect(failed.text).toContain('exceeded quota');
  expect(failed.text).toContain('The 3 commands before it were taken back.');
  expect(failed.text).toContain('Nothing was changed.');
  expectRestored(before[0], await read(WEB));
  expectRestored(before[1], await read(SERVICE));
  expect(await read('api/v1/configmaps/one')).toBeUndefined();
  expect(steps(transaction).map((line) => line.split(' ').at(-1))).toEqual([
    'UNDONE',
    'UNDONE',
    'UNDONE',
  ]);
  // The transaction goes on.
  const next = await batch([mode('slow')], { transaction });
  expect(next.data.status, next.text).toBe('applied');
  await assistant.call('transaction_abort', { transaction, reason: 'test' });
  expect(at(await read(SETTINGS), 'data', 'mode')).toBe('fast');
});

test('what no earlier command cures refuses the call before anything is written', async () => {
  const wrong: [string, Command[], string][] = [
    [
      'an argument',
      [
        mode('slow'),
        { tool: 'mitigate_scale', arguments: { namespace, name: 'web', replicas: -1 } },
      ],
      'commands[1].arguments.replicas',
    ],
    [
      'an unknown argument',
      [{ tool: 'mitigate_scale', arguments: { size: 3 } }],
      'commands[0].arguments.size',
    ],
    [
      'its own transaction',
      [{ ...mode('slow'), arguments: { ...mode('slow').arguments, transaction: 'txn-9' } }],
      'commands[0].arguments.transaction',
    ],
    [
      'a batch in a batch',
      [{ tool: 'mitigate_batch', arguments: { commands: [] } }],
      'commands[0].tool',
    ],
    ['a reading tool', [mode('slow'), { tool: 'observe_list', arguments: {} }], 'commands[1].tool'],
    [
      'an irreversible change',
      [mode('slow'), patch('configmap', 'settings', { immutable: true })],
      'commands[1] (mitigate_patch): ',
    ],
    ['a missing object', [mode('slow'), patch('configmap', 'absent', { data: {} })], '[not_found]'],
    [
      'a first command that the server refuses',
      [impossible(), mode('slow')],
      'commands[0] (mitigate_patch): ',
    ],
  ];
  for (const [what, commands, told] of wrong) {
    const refused = await batch(commands);
    expect(refused.isError, what).toBe(true);
    expect(refused.text, what).toContain(told);
    expect(refused.text, what).toContain('Nothing was changed.');
  }
  expect(transactions()).toBe(0);
  expect(at(await read(SETTINGS), 'data', 'mode')).toBe('fast');
});

test('a later command that the server refuses all the same: all is taken back', async () => {
  const before = [await mustRead(SETTINGS), await mustRead(SERVICE)] as const;
  const failed = await batch([mode('slow'), select('front'), impossible()]);
  expect(failed.isError, failed.text).toBe(true);
  expect(failed.text).toContain('commands[2] (mitigate_patch): ');
  expect(failed.text).toContain('The 2 commands before it were taken back.');
  expectRestored(before[0], await read(SETTINGS));
  expectRestored(before[1], await read(SERVICE));
});

test('an earlier command cures what the state of now lacks', async () => {
  const create = (): Command => ({
    tool: 'mitigate_apply',
    arguments: { manifest: manifest('fresh', { a: 'b' }) },
  });
  const commands = [create(), patch('configmap', 'fresh', { data: { a: 'c' } }), mode('fast')];
  const plan = await batch(commands, { dry_run: true });
  expect(plan.data.status, plan.text).toBe('planned');
  expect(objectsOf(plan.data.commands)).toMatchObject([
    { command: 0, tool: 'mitigate_apply', changes: [{}] },
    { command: 1, note: expect.stringMatching(/On the state before the batch it fails: .*fresh/) },
    { command: 2, note: expect.stringContaining('already') },
  ]);
  expect(plan.text).toContain('Only planned against the state before the batch: commands[1];');
  expect(await read('api/v1/configmaps/fresh')).toBeUndefined();
  expect(transactions()).toBe(0);

  const done = await batch(commands);
  expect(done.data.status, done.text).toBe('committed');
  expect(at(await read('api/v1/configmaps/fresh'), 'data')).toEqual({ a: 'c' });
  expect(steps()).toEqual([
    '1 mitigate_apply ConfigMap VERIFIED',
    '2 mitigate_patch ConfigMap VERIFIED',
  ]);
});

test('each command counts against K; the policy decides by its own tool', async () => {
  await assistant.close();
  assistant = await start(FAST_POLICY);
  const many = await batch([mode('a'), mode('b'), mode('c')]);
  expect(many.text).toContain('[bound_exceeded]');
  expect(many.text).toContain('commands[2] (mitigate_patch): ');
  expect(many.text).toContain('Rule: bounds.commands');
  const frozen = await batch([mode('a'), patch('configmap', 'frozen', { data: { a: 'b' } })]);
  expect(frozen.isError).toBe(true);
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'frozen', namespace } },
    data: {},
  });
  const refused = await batch([mode('a'), patch('configmap', 'frozen', { data: { a: 'b' } })]);
  expect(refused.text).toContain('[policy_refused]');
  expect(refused.text).toContain('Rule: never-touch-frozen');
  expect(at(await read(SETTINGS), 'data', 'mode')).toBe('fast');
  expect(transactions()).toBe(0);
});

test('what a rule says about mitigate_batch holds for each of its writes', async () => {
  await assistant.close();
  assistant = await start(
    policyWith(`
  - {id: no-batched-services, effect: refuse, tools: [mitigate_batch], kinds: [Service.core]}
  - {id: ask-batched-workloads, effect: ask, tools: [mitigate_batch], kinds: [Deployment.apps]}
`),
  );
  const refused = await batch([mode('a'), select('web')]);
  expect(refused.text).toContain('[policy_refused]');
  expect(refused.text).toContain('commands[1] (mitigate_patch): ');
  expect(refused.text).toContain('Rule: no-batched-services');
  const asked = await batch([mode('a'), label('front')]);
  expect(asked.text).toContain('[approval_required]');
  expect(asked.text).toContain('Rule: ask-batched-workloads');
  expect(transactions()).toBe(0);
  const inside = await begin();
  const late = await batch([mode('a'), label('front')], { transaction: inside });
  expect(late.text).toContain('Rule: ask-batched-workloads');
  expect(at(await read(SETTINGS), 'data', 'mode')).toBe('fast');
  // The same write, one at a time, is what the policy allows.
  const { tool, arguments: alone } = label('front');
  const single = await assistant.call(tool, { ...alone, reason: 'test', transaction: inside });
  expect(single.data.status, single.text).toBe('applied');
});

test('what the policy calls a secret is hidden in the commands that are shown and kept', async () => {
  const policy = policyWith('');
  writeFileSync(policy, `${readFileSync(policy, 'utf8')}\nredaction: {keyPatterns: [acme.?pin]}\n`);
  await assistant.close();
  assistant = await start(policy);
  const canary = 'canary 7f3a';
  const env = { set: [{ name: 'ACME_PIN', value: canary }] };
  const done = await batch([
    patch('configmap', 'settings', { data: { acme_pin: canary } }),
    { tool: 'mitigate_set_container', arguments: { namespace, name: 'web', env } },
    {
      tool: 'mitigate_set_metadata',
      arguments: { kind: 'service', namespace, name: 'web', annotations: { acmepin: canary } },
    },
  ]);
  expect(done.data.status, done.text).toBe('committed');
  const reader = openJournalReader({ path: journal() });
  const kept = JSON.stringify([
    reader.audit.query({ limit: 100 }).rows,
    reader.transactions.steps('txn-1'),
  ]);
  reader.close();
  for (const text of [done.text, kept]) {
    expect(text).toContain('ACME_PIN=<redacted');
    expect(text).not.toContain('7f3a');
  }
});

test('what a command writes into a Secret is masked in the audit log', async () => {
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'creds', namespace } },
    stringData: { note: 'old' },
  });
  const canary = 'canary-7f3a';
  const done = await batch([
    mode('slow'),
    patch('secret', 'creds', { stringData: { note: canary } }),
    patch('v1 Secret', 'creds', { data: { note: Buffer.from('canary-two').toString('base64') } }),
  ]);
  expect(done.data.status, done.text).toBe('committed');
  const reader = openJournalReader({ path: journal() });
  const log = JSON.stringify(reader.audit.query({ limit: 100 }).rows);
  reader.close();
  expect(log).toContain('"mode":"slow"');
  for (const secret of [canary, Buffer.from('canary-two').toString('base64')]) {
    expect(log).not.toContain(secret);
    expect(done.text).not.toContain(secret);
  }
});
