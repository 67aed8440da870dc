import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, numberOf, objectsOf, stringOf } from '../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../src/core/kube.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import { comparableManagedFields } from '../../src/undo/managed-fields.ts';
import { normalise } from '../../src/undo/normalise.ts';
import { baseApp, baseAppReady } from '../cluster/base-app.ts';
import { readAuditLog, useCluster } from '../cluster/index.ts';
import { type Answer, startAssistant } from './client.ts';
import { breakShop, imageOf, type Scene, type StoryEnd, tellStory } from './story.ts';

const cluster = useCluster();
const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stratus-story-'));
const journal = join(folder, 'journal.db');

interface Frontend {
  readonly deployment: KubeObject;
  readonly podUids: readonly string[];
}

let namespace = '';
let before: Frontend;
let after: Frontend;
let end: StoryEnd;
/** Calls beside the story's own: one that the policy refuses, one with an argument that is none. */
let refused: Answer;
let invalid: Answer;
let toolsCalled: string[] = [];

beforeAll(async () => {
  namespace = await cluster.namespace('story');
  await cluster.apply(baseApp({ namespace, node: cluster.nodes[0] }));
  await cluster.waitFor('the shop', () => baseAppReady(cluster, namespace), 120_000);
  await breakShop(cluster, namespace);
  before = await frontend();
  const assistant = await startAssistant({ kubeconfig: cluster.kubeconfig(), journal });
  try {
    end = await tellStory(assistant, namespace);
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: kube-system}';
    refused = await assistant.call('mitigate_apply', { mode: 'create', manifest, reason: 'test' });
    invalid = await assistant.call('observe_health', { namespac: namespace });
  } finally {
    await assistant.close();
  }
  after = await frontend();
  toolsCalled = [
    ...end.scenes.flatMap((scene) => (scene.kind === 'call' ? [scene.tool] : [])),
    'mitigate_apply',
    'observe_health',
  ];
}, 400_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function frontend(): Promise<Frontend> {
  const { json } = await cluster.request(
    'GET',
    `/apis/apps/v1/namespaces/${namespace}/deployments/frontend`,
  );
  if (!isKubeObject(json)) throw new Error('no Deployment frontend');
  const pods = await cluster.request(
    'GET',
    `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dfrontend`,
  );
  const podUids = objectsOf(at(pods.json, 'items'))
    .filter((pod) => at(pod, 'metadata', 'deletionTimestamp') === undefined)
    .map((pod) => stringOf(at(pod, 'metadata', 'uid')) ?? '');
  return { deployment: json, podUids: podUids.sort() };
}

/** The last answer to a commit of that transaction. */
function commitOf(transaction: string): JsonObject {
  const answers = end.scenes.filter(
    (scene): scene is Extract<Scene, { kind: 'call' }> =>
      scene.kind === 'call' &&
      scene.tool === 'transaction_commit' &&
      scene.args.transaction === transaction,
  );
  return answers.at(-1)?.answer.data ?? {};
}

function reading<T>(read: (from: ReturnType<typeof openJournalReader>) => T): T {
  const reader = openJournalReader({ path: journal });
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

async function cli(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, STRATUS_JOURNAL: journal },
  });
  return stdout;
}

test('every call of the story is answered', () => {
  const failed = end.scenes.filter((scene) => scene.kind === 'call' && scene.answer.isError);
  expect(failed).toEqual([]);
});

test('the change that makes things worse is taken back, and severity comes back with it', () => {
  const answer = commitOf(end.wrong);
  expect(answer).toMatchObject({
    status: 'undone',
    transaction: end.wrong,
    undo: { complete: true, objects: [{ state: 'UNDONE' }] },
    verdict: { pass: false },
  });
  const was = numberOf(answer.severity_before) ?? 0;
  expect(was).toBeGreaterThan(0);
  expect(answer.severity_after).toBeGreaterThan(was);
  expect(answer.severity_after_undo).toBe(was);
  expect(JSON.stringify(at(answer, 'verdict', 'appeared'))).toContain('frontend');
});

test('what was taken back is exactly what it was: content, field owners, pods', () => {
  const content = ({ deployment }: Frontend) => normalise(deployment, { hasStatus: true });
  expect(content(after)).toEqual(content(before));
  expect(comparableManagedFields(after.deployment)).toEqual(
    comparableManagedFields(before.deployment),
  );
  expect(JSON.stringify(after.deployment)).not.toContain('stratus');
  expect(before.podUids).toHaveLength(3);
  expect(after.podUids).toEqual(before.podUids);
});

test('the right change is committed, and nothing is wrong any more', async () => {
  expect(commitOf(end.right)).toMatchObject({
    status: 'committed',
    severity_after: 0,
    verdict: { pass: true },
  });
  expect(await imageOf(cluster, namespace, 'catalog')).toBe('local/web:1');
  expect(await baseAppReady(cluster, namespace)).toBe(true);
});

test('audit show tells the story to a person', async () => {
  const story = await cli('audit', 'show', end.wrong);
  expect(story).toContain(`${end.wrong}  ABORTED`);
  expect(story).toContain('catalog cannot pull its image');
  expect(story).toContain('scripted-assistant 1.0.0');
  expect(story).toContain('calls transaction_begin');
  expect(story).toContain('calls mitigate_set_container');
  expect(story).toContain('$ kubectl set image deployment.apps/frontend web=local/web:3');
  expect(story).toContain('calls transaction_commit');
  expect(story).toMatch(/verdict\s+refused: /);
  expect(story).toMatch(/severity\s+\S+ before, \S+ after, \S+ after the undo/);
  expect(story).toContain('UNDONE');
  const other = await cli('audit', 'show', end.right);
  expect(other).toContain(`${end.right}  COMMITTED`);
  expect(other).toMatch(/verdict\s+passed: /);
});

test('every call is in the audit log, also a refused one and an invalid one', async () => {
  expect(refused.text).toContain('[policy_refused]');
  expect(invalid.text).toContain('[invalid_arguments]');
  const rows = reading(({ audit }) => [...audit.export({})]);
  const calls = rows.filter(({ kind }) => kind === 'call');
  expect(calls.map(({ tool }) => tool)).toEqual(toolsCalled);
  const outcomes = rows.filter(({ kind }) => kind === 'outcome');
  expect(outcomes.map(({ call }) => call)).toEqual(calls.map(({ call }) => call));
  expect(outcomes.slice(-2)).toMatchObject([
    { tool: 'mitigate_apply', outcome: 'refused', decision: 'refuse' },
    { tool: 'observe_health', outcome: 'refused', detail: { code: 'invalid_arguments' } },
  ]);
  expect(await cli('audit', 'verify')).toContain('The audit chain is whole');
});

test("the API server's own log knows our writes, and no other", async () => {
  const transactions = reading(({ transactions: store }) =>
    [end.wrong, end.right].map((id) => ({ row: store.get(id), steps: store.steps(id) })),
  );
  const intents = transactions.flatMap(({ steps }) => steps.map(({ intentId }) => intentId));
  const ours = readAuditLog(cluster).filter(
    (event) =>
      event.namespace === namespace &&
      event.requestUri.includes('fieldManager=stratus-') &&
      !event.requestUri.includes('dryRun=All'),
  );
  const made = ours.filter(({ requestUri }) => requestUri.includes('fieldManager=stratus-mcp'));
  expect(made.map(({ raw }) => raw.auditID)).toEqual(intents);
  // What takes a write back carries its intent too.
  const restores = ours.filter((event) => !made.includes(event));
  expect(restores.length).toBeGreaterThan(0);
  for (const { raw } of restores) expect(raw.auditID).toBe(`${intents[0]}-restore`);
  for (const { receivedAt, name } of ours) {
    const when = Date.parse(receivedAt);
    const inside = transactions.some(
      ({ row }) => row && when >= row.openedAt && when <= (row.closedAt ?? 0),
    );
    expect(inside, `${name} at ${receivedAt}`).toBe(true);
  }
});
