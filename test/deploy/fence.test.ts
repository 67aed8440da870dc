import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { at, stringOf } from '../../src/core/json.ts';
import { managersOf } from '../../src/core/managers.ts';
import {
  type ControlPlane,
  type KubeResponse,
  requireControlPlane,
  startControlPlane,
} from '../cluster/index.ts';
import { accountKubeconfig } from './identity.ts';
import { manifestsOf } from './manifests.ts';
import { CHANGED, objectOf } from './objects.ts';

requireControlPlane();

// Its own: the fence binds the one identity of deploy/observe.yaml in the whole cluster.
let cluster: ControlPlane;
let namespace: string;
let bearer: string;

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/stratus-mcp';

beforeAll(async () => {
  cluster = await startControlPlane();
  namespace = await cluster.namespace('fence');
  for (const file of [
    'observe.yaml',
    'mitigate.yaml',
    'secrets.yaml',
    'lease.yaml',
    'fence.yaml',
  ]) {
    await cluster.apply(manifestsOf(file, namespace));
  }
  const { users } = parse(readFileSync(await accountKubeconfig(cluster, namespace), 'utf8'));
  bearer = String(users[0].user.token);
  await takeOver(7);
  await cluster.waitFor(
    'the fence',
    async () => (await write(6)).status === 403 && (await write(7)).status < 300,
  );
});
afterAll(async () => {
  await cluster?.stop();
});

async function takeOver(epoch: number): Promise<void> {
  await cluster.request('PATCH', LEASE, { spec: { leaseTransitions: epoch } });
}

/** A request as our ServiceAccount. */
function asAccount(method: string, path: string, body?: unknown): Promise<KubeResponse> {
  const headers = { authorization: `Bearer ${bearer}` };
  const allow = [400, 403, 404, 409, 422];
  return cluster.request(method, path, body, { headers, allow });
}

const configMaps = () => `/api/v1/namespaces/${namespace}/configmaps`;
let n = 0;

/** A create by that epoch, which has no resourceVersion that could make it fail. */
function write(epoch: number, manager = managersOf(epoch).command): Promise<KubeResponse> {
  n += 1;
  return asAccount('POST', `${configMaps()}?fieldManager=${manager}`, {
    metadata: { name: `one-${n}` },
  });
}

const said = ({ json }: KubeResponse) => stringOf(at(json, 'message')) ?? '';

test('the epoch of the Lease writes, an older one, a plain name and none at all do not', async () => {
  expect((await write(7)).status).toBe(201);
  expect((await write(7, managersOf(7).undo)).status).toBe(201);
  for (const refused of [
    await write(6),
    await write(8),
    await write(7, 'stratus-mcp'),
    await write(7, 'stratus-e77'),
    await write(7, ''),
  ]) {
    expect(refused.status).toBe(403);
    expect(said(refused)).toContain('stale writer');
    expect(said(refused)).toContain('epoch 7');
  }
});

test('every kind and every way to write: create, replace, each patch, a delete by what was read', async () => {
  const good = managersOf(7).command;
  const bad = managersOf(6).command;
  const open: string[] = [];
  for (const grant of Object.keys(CHANGED)) {
    const object = objectOf(grant, 'fenced', namespace);
    const root = String(object.apiVersion).includes('/')
      ? `/apis/${object.apiVersion}`
      : `/api/${object.apiVersion}`;
    const all = `${root}/namespaces/${namespace}/${grant.split('/')[1]}`;
    const one = `${all}/fenced`;
    const tried = async (what: string, verdict: number[], run: () => Promise<KubeResponse>) => {
      const { status, text } = await run();
      if (!verdict.includes(status)) open.push(`${grant} ${what}: ${status} ${text.slice(0, 200)}`);
    };
    await tried('create, stale', [403], () =>
      asAccount('POST', `${all}?fieldManager=${bad}`, object),
    );
    await tried('create', [201], () => asAccount('POST', `${all}?fieldManager=${good}`, object));
    const change = { metadata: { labels: { 'example.com/a': 'b' } } };
    await tried('patch, stale', [403], () =>
      asAccount('PATCH', `${one}?fieldManager=${bad}`, change),
    );
    await tried('patch', [200], () => asAccount('PATCH', `${one}?fieldManager=${good}`, change));
    // A controller that writes in between makes it old in another way.
    const json = await cluster.waitFor(`a stale replace of ${grant}`, async () => {
      const live = (await cluster.request('GET', one)).json;
      const { status } = await asAccount('PUT', `${one}?fieldManager=${bad}`, live);
      if (status === 409) return false;
      if (status !== 403) open.push(`${grant} replace, stale: ${status}`);
      return live;
    });
    await tried('delete of anything', [403], () => asAccount('DELETE', one));
    await tried('delete by uid alone', [403], () =>
      asAccount('DELETE', one, { preconditions: { uid: at(json, 'metadata', 'uid') } }),
    );
    await tried('delete by an old version', [409], () =>
      asAccount('DELETE', one, {
        preconditions: { uid: at(json, 'metadata', 'uid'), resourceVersion: '1' },
      }),
    );
    await tried('delete by what was read', [200, 202], async () => {
      // Read again when a controller wrote in between.
      return await cluster.waitFor(`a delete of ${grant} by what was read`, async () => {
        const live = (await cluster.request('GET', one)).json;
        const { uid, resourceVersion } = live.metadata as { uid: string; resourceVersion: string };
        const answer = await asAccount('DELETE', one, { preconditions: { uid, resourceVersion } });
        return answer.status !== 409 && answer;
      });
    });
  }
  expect(open).toEqual([]);
});

test('a server-side apply and an eviction are fenced too', async () => {
  const apply = (manager: string) =>
    cluster.request(
      'PATCH',
      `${configMaps()}/applied?fieldManager=${manager}`,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { a: 'b' } },
      {
        contentType: 'application/apply-patch+yaml',
        headers: { authorization: `Bearer ${bearer}` },
        allow: [403],
      },
    );
  expect((await apply(managersOf(6).command)).status).toBe(403);
  expect((await apply(managersOf(7).command)).status).toBe(201);
  expect((await apply(managersOf(6).command)).status).toBe(403);

  await cluster.apply(manifestsOf('mitigate-nodes.yaml', namespace));
  await cluster.apply(objectOf('/pods', 'evictable', namespace));
  const evict = (manager: string) =>
    asAccount(
      'POST',
      `/api/v1/namespaces/${namespace}/pods/evictable/eviction?fieldManager=${manager}`,
      {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'evictable', namespace },
      },
    );
  expect((await evict(managersOf(6).command)).status).toBe(403);
  expect((await evict(managersOf(7).command)).status).toBe(201);
});

test('the Lease, questions and dry runs pass; others are not concerned', async () => {
  const { json } = await asAccount('GET', LEASE);
  expect((await asAccount('PUT', `${LEASE}?fieldManager=stratus-lease`, json)).status).toBe(200);
  const review = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  expect((await asAccount('POST', path, review)).status).toBe(201);
  const dry = `${configMaps()}?fieldManager=stratus-mcp&dryRun=All`;
  expect((await asAccount('POST', dry, { metadata: { name: 'dry' } })).status).toBe(201);
  expect(
    (await cluster.request('GET', `${configMaps()}/dry`, undefined, { allow: [404] })).status,
  ).toBe(404);
  expect(
    (await cluster.request('POST', configMaps(), { metadata: { name: 'of-others' } })).status,
  ).toBe(201);
});

test('after a takeover the old epoch is refused, and stays so', async () => {
  const times: number[] = [];
  for (let epoch = 7; epoch < 17; epoch += 1) {
    await takeOver(epoch + 1);
    const since = performance.now();
    await cluster.waitFor('the refusal', async () => (await write(epoch)).status === 403);
    times.push(performance.now() - since);
    expect((await write(epoch + 1)).status).toBe(201);
    expect((await write(epoch)).status).toBe(403);
  }
  console.info(`takeover to refusal, ms: ${times.map((ms) => ms.toFixed(1)).join(' ')}`);
});

test('nobody deletes the Lease or turns its epoch back while the fence stands', async () => {
  const refused = async (answer: Promise<KubeResponse>, why: RegExp) => {
    const { status, text } = await answer;
    expect(status, text).toBe(403);
    expect(text).toMatch(why);
  };
  const allow = [403];
  await refused(cluster.request('DELETE', LEASE, undefined, { allow }), /needs this Lease/);
  const back = { spec: { leaseTransitions: 3 } };
  await refused(cluster.request('PATCH', LEASE, back, { allow }), /never goes back/);
  await refused(
    cluster.request('PATCH', LEASE, { spec: { leaseTransitions: null } }, { allow }),
    /never goes back/,
  );
  await cluster.apply(manifestsOf('lease.yaml', namespace));
  expect((await write(17)).status).toBe(201);
});

test('a Lease that is missing all the same stops nobody else in the cluster', async () => {
  const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
  await cluster.request('DELETE', `${bindings}/stratus-mcp-fence-lease`);
  await cluster.waitFor('the Lease to be gone', async () => {
    const { status } = await cluster.request('DELETE', LEASE, undefined, { allow: [403, 404] });
    return status === 404;
  });
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { status } = await cluster.request('POST', configMaps(), {
      metadata: { name: `others-${attempt}` },
    });
    expect(status).toBe(201);
  }
  await cluster.apply(manifestsOf('lease.yaml', namespace));
  // No epoch yet: whoever takes it first makes one.
  await cluster.waitFor('the fence', async () => (await write(17)).status === 403);
  await takeOver(18);
  await cluster.waitFor('the new epoch', async () => (await write(18)).status === 201);
});
