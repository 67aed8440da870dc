import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../src/core/kube.ts';
import { comparableManagedFields } from '../../src/undo/managed-fields.ts';
import { normalise } from '../../src/undo/normalise.ts';
import { baseApp, baseAppReady } from '../cluster/base-app.ts';
import { type Assistant, startAssistant } from '../story/client.ts';
import { breakShop, imageOf, type StoryEnd, tellStory } from '../story/story.ts';
import { type EmbeddedPlane, startEmbeddedPlane } from './embedded.ts';

/*
 * Our own server, unchanged, on the embedded cluster: a guarded write that the gate takes back, one
 * that is committed, and one undone after its commit. No real control plane takes part.
 */
const NAMESPACE = 'shop';
const STATUS = { hasStatus: true };
const folder = mkdtempSync(join(tmpdir(), 'stratus-guarded-'));
let plane: EmbeddedPlane;
let assistant: Assistant;
let before: KubeObject;
let end: StoryEnd;

beforeAll(async () => {
  plane = await startEmbeddedPlane();
  await plane.apply(baseApp({ namespace: NAMESPACE, node: plane.nodes[0] }));
  await plane.waitFor('the shop', () => baseAppReady(plane, NAMESPACE));
  await breakShop(plane, NAMESPACE);
  before = await deployment('frontend');
  assistant = await startAssistant({
    kubeconfig: plane.kubeconfig('admin'),
    journal: join(folder, 'journal.db'),
  });
  end = await tellStory(assistant, NAMESPACE);
}, 200_000);

afterAll(async () => {
  await assistant?.close();
  await plane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function deployment(name: string): Promise<KubeObject> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${name}`;
  const { json } = await plane.request('GET', path);
  if (!isKubeObject(json)) throw new Error(`no Deployment ${name}`);
  return json;
}

function lastCommit(transaction: string): JsonObject {
  const answers = end.scenes.flatMap((scene) =>
    scene.kind === 'call' &&
    scene.tool === 'transaction_commit' &&
    scene.args.transaction === transaction
      ? [scene.answer.data]
      : [],
  );
  return answers.at(-1) ?? {};
}

test('every call of the story is answered', () => {
  const failed = end.scenes.filter((scene) => scene.kind === 'call' && scene.answer.isError);
  expect(failed).toEqual([]);
});

test('a change that makes things worse is taken back, bytes and owners as before', async () => {
  expect(lastCommit(end.wrong).status).toBe('undone');
  const after = await deployment('frontend');
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(normalise(after, STATUS)).toEqual(normalise(before, STATUS));
  expect(comparableManagedFields(after)).toEqual(comparableManagedFields(before));
});

test('the right change is committed and the shop is whole', async () => {
  expect(lastCommit(end.right).status).toBe('committed');
  expect(await imageOf(plane, NAMESPACE, 'catalog')).toBe('local/web:1');
  expect(await baseAppReady(plane, NAMESPACE)).toBe(true);
});

test('a committed change is undone on demand, and verified', async () => {
  const answer = await assistant.call('mitigate_set_metadata', {
    kind: 'configmap',
    name: 'cart-config',
    namespace: NAMESPACE,
    labels: { tried: 'yes' },
    reason: 'to be taken back',
  });
  expect(answer.isError, answer.text).toBe(false);
  const transaction = String(answer.data.transaction);
  const undone = await assistant.call('undo_transaction', { transaction, reason: 'not wanted' });
  expect(undone.isError, undone.text).toBe(false);
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/cart-config`;
  const { json } = await plane.request('GET', path);
  expect(at(json, 'metadata', 'labels')).toEqual({ app: 'cart' });
});

test('the Lease was held and given back', async () => {
  const { json } = await plane.request('GET', '/apis/coordination.k8s.io/v1/leases');
  const [lease] = objectsOf(at(json, 'items'));
  expect(lease).toBeDefined();
  expect(at(lease, 'spec', 'holderIdentity') ?? '').toBe('');
});
