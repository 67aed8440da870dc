import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { baseApp, baseAppReady } from '../cluster/base-app.ts';
import { useCluster } from '../cluster/index.ts';
import { type Assistant, startAssistant } from '../story/client.ts';

const cluster = useCluster();
const folder = mkdtempSync(join(tmpdir(), 'stratus-shipped-'));
let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('shipped');
  await cluster.apply(baseApp({ namespace }));
  await cluster.waitFor('the shop', () => baseAppReady(cluster, namespace), 90_000);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const common = { reason: 'to see what the policy says', dry_run: true };

/** What each everyday repair is told by a shipped policy: the fields of a rule have to fit the real diff. */
const REPAIRS: readonly (readonly [string, JsonObject])[] = [
  ['mitigate_scale', { kind: 'deployment', name: 'cart', replicas: 3 }],
  ['mitigate_set_container', { name: 'catalog', image: 'local/web:2' }],
  [
    'mitigate_set_container',
    { name: 'catalog', env: { set: [{ name: 'LOG_LEVEL', value: 'debug' }] } },
  ],
  [
    'mitigate_set_container',
    {
      name: 'catalog',
      resources: { limits: { memory: '256Mi' } },
      liveness: { periodSeconds: 30 },
    },
  ],
  ['mitigate_rollout', { name: 'catalog', action: 'restart' }],
  ['mitigate_rollout', { name: 'catalog', action: 'pause' }],
  ['mitigate_set_metadata', { kind: 'deployment', name: 'cart', labels: { team: 'shop' } }],
  ['mitigate_set_metadata', { kind: 'service', name: 'cart', annotations: { note: 'checked' } }],
  [
    'mitigate_patch',
    {
      kind: 'service',
      name: 'cart',
      type: 'merge',
      patch: { spec: { sessionAffinity: 'ClientIP' } },
    },
  ],
];

describe.each(['default', 'autonomous'])('with the shipped policy %s', (policy) => {
  let assistant: Assistant;
  beforeAll(async () => {
    assistant = await startAssistant({
      kubeconfig: cluster.kubeconfig('admin'),
      journal: join(folder, `${policy}.db`),
      policy,
    });
  });
  afterAll(() => assistant.close());

  test.each(REPAIRS)('%s is planned', async (tool, args) => {
    const answer = await assistant.call(tool, { ...common, namespace, ...args });
    expect(answer.text).not.toContain('refuse');
    expect(answer).toMatchObject({ isError: false, data: { status: 'planned' } });
  });

  test('a finalizer is refused, and the rule is named', async () => {
    const answer = await assistant.call('mitigate_patch', {
      ...common,
      namespace,
      kind: 'configmap',
      name: 'cart-config',
      type: 'merge',
      patch: { metadata: { finalizers: ['example.com/hold'] } },
    });
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain('no-lifecycle-tricks');
  });

  test('what is protected is refused', async () => {
    const answer = await assistant.call('mitigate_set_metadata', {
      ...common,
      namespace: 'kube-system',
      kind: 'configmap',
      name: 'kube-root-ca.crt',
      labels: { mine: 'yes' },
    });
    expect(answer.isError).toBe(true);
    expect(answer.text).toMatch(/protected|Kubernetes itself/);
  });

  test('one command that is not allowed by itself is refused before a transaction is opened', async () => {
    const answer = await assistant.call('mitigate_scale', {
      reason: 'far too many',
      namespace,
      name: 'cart',
      replicas: 500,
    });
    expect(answer.isError).toBe(true);
    // The guided one wants an incident first.
    const rule = policy === 'autonomous' ? '[incident_required]' : 'bounds.replicas';
    expect(answer.text).toContain(rule);
    const { data } = await assistant.call('transaction_status', {});
    expect(data.total ?? 0).toBe(0);
  });
});
