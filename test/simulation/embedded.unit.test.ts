import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, objectsOf } from '../../src/core/json.ts';
import { baseApp, baseAppReady } from '../cluster/base-app.ts';
import { type EmbeddedPlane, startEmbeddedPlane, TOKEN } from '../contract/embedded.ts';

let plane: EmbeddedPlane;

beforeAll(async () => {
  plane = await startEmbeddedPlane();
});
afterAll(() => plane.stop());

test('the demo shop comes up whole, and applying it again changes nothing', async () => {
  const shop = baseApp({ node: plane.nodes[0] });
  await plane.apply(shop);
  await plane.waitFor('the shop', () => baseAppReady(plane));
  const { json } = await plane.request('GET', '/api/v1/namespaces/shop/pods');
  const pods = objectsOf(at(json, 'items'));
  expect(pods).toHaveLength(12);
  const database = pods.find((pod) => at(pod, 'metadata', 'labels', 'app') === 'db');
  expect(at(database, 'spec', 'nodeName')).toBe(plane.nodes[0]);
  await plane.apply(shop);
  expect(await baseAppReady(plane)).toBe(true);
});

test('it says that it is a simulation: version, header, and 501 for what it does not do', async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const version = await fetch(`${plane.server}/version`, { headers });
  expect(version.headers.get('x-simulated-cluster')).toBe('stratus-mcp');
  expect(await version.json()).toMatchObject({ gitVersion: 'v1.36.3-simulated' });
  const exec = `${plane.server}/api/v1/namespaces/shop/pods/any/exec`;
  const refused = await fetch(exec, { headers });
  expect(refused.status).toBe(501);
  expect(await refused.json()).toMatchObject({ kind: 'Status', reason: 'NotImplemented' });
});

test('without its token nothing is answered but health', async () => {
  expect((await fetch(`${plane.server}/api/v1/pods`)).status).toBe(401);
  expect((await fetch(`${plane.server}/readyz`)).status).toBe(200);
});
