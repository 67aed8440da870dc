import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Json, type JsonObject, stringifyJson } from '../../src/core/json.ts';
import { at, useCluster } from '../cluster/index.ts';
import { type Bench, begin, kill, openBench } from '../recovery/bench.ts';

const cluster = useCluster();
const THEIRS = 'example.com/their-count';
/** The garbage collector takes the reference to the owner from each of them before that is gone. */
const CHILDREN = 150;

let bench: Bench;

beforeAll(async () => {
  bench = await openBench(cluster, 'as-it-went');
});
afterAll(() => bench.remove());

async function owner(kind: 'Deployment' | 'ConfigMap', url: string): Promise<void> {
  const { namespace } = bench;
  const name = url.split('/').at(-1) ?? '';
  const labels = { app: name };
  const spec = {
    replicas: 0,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
    },
  };
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  const rest = kind === 'Deployment' ? { spec } : { data: { mode: 'fast' } };
  await cluster.apply({
    apiVersion,
    kind,
    metadata: { name, namespace, annotations: { of: 'the shop team' } },
    ...rest,
  });
  const { json } = await cluster.request('GET', url);
  const ownerReferences = [{ apiVersion, kind, name, uid: String(at(json, 'metadata', 'uid')) }];
  const children = Array.from({ length: CHILDREN }, (_, i): JsonObject => {
    const metadata = { name: `of-${name}-${i}`, namespace, ownerReferences };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  });
  await cluster.apply(children);
}

const pointer = `/metadata/annotations/${THEIRS.replace('/', '~1')}`;
/** Refused until it is being deleted. */
const WHEN_TERMINATING = [
  { op: 'test', path: '/metadata/finalizers/0', value: 'orphan' },
  { op: 'add', path: pointer, value: 'when' },
];

/** Somebody else, from the moment it is terminating until it is gone. @returns what was taken last */
async function writeUntilGone(url: string): Promise<string> {
  const as = `${url}?fieldManager=other-team`;
  const write = (patch: JsonObject[]) =>
    cluster.request('PATCH', as, stringifyJson(patch), {
      allow: [404, 409, 422],
      contentType: 'application/json-patch+json',
    });
  let taken: Json | undefined;
  for (let count = 1; ; count++) {
    const value = String(count);
    const patch = [{ op: 'replace', path: pointer, value }];
    const { status, json } = await write(taken === undefined ? WHEN_TERMINATING : patch);
    if (status === 404) return String(taken);
    if (status === 200) taken = at(json, 'metadata', 'annotations', THEIRS);
  }
}

describe('an edit of what is being deleted', { timeout: 30_000 }, () => {
  for (const [kind, collection] of [
    ['Deployment', 'apis/apps/v1/namespaces/NS/deployments'],
    ['ConfigMap', 'api/v1/namespaces/NS/configmaps'],
  ] as const) {
    test(`comes back with the ${kind}, and belongs to who made it`, async () => {
      const url = `/${collection.replace('NS', bench.namespace)}/owner`;
      await owner(kind, url);
      const server = await bench.start();
      onTestFinished(() => kill(server));
      const transaction = await begin(server, bench);
      const theirs = writeUntilGone(url);
      const { namespace } = bench;
      const args = { kind, name: 'owner', namespace, transaction, reason: 'test' };
      const { isError, text } = await server.call('mitigate_delete', args);
      expect(isError, text).toBe(false);
      expect(await theirs).not.toBe('undefined');
      const ended = await server.call('transaction_abort', { transaction, reason: 'test' });
      expect(ended.isError, ended.text).toBe(false);
      const { json } = await cluster.request('GET', url);
      expect(at(json, 'metadata', 'annotations', THEIRS)).toBe(await theirs);
      expect(at(json, 'metadata', 'deletionTimestamp')).toBeUndefined();
      const managers = JSON.stringify(at(json, 'metadata', 'managedFields'));
      expect(managers).toContain('"manager":"other-team"');
      expect(managers).not.toContain('stratus-undo');
    });
  }

  test('comes back too where the server was killed before it could know of it', async () => {
    const url = `/apis/apps/v1/namespaces/${bench.namespace}/deployments/killed`;
    await owner('Deployment', url);
    const dying = await bench.start({ STRATUS_CRASHPOINT: 'cluster.send.after' });
    const transaction = await begin(dying, bench);
    const theirs = writeUntilGone(url);
    const { namespace } = bench;
    const args = { kind: 'Deployment', name: 'killed', namespace, transaction, reason: 'test' };
    await dying.call('mitigate_delete', args).catch(() => undefined);
    expect(await theirs).not.toBe('undefined');
    const next = await bench.start();
    onTestFinished(() => kill(next));
    await cluster.waitFor('the recovery', async () => {
      const { data } = await next.call('transaction_status', { open: true });
      return data.total === 0;
    });
    const { json } = await cluster.request('GET', url);
    expect(at(json, 'metadata', 'annotations', THEIRS)).toBe(await theirs);
  });
});
