import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useCluster } from '../../cluster/index.ts';
import { type Answer, connect, ROOT } from '../../server/support.ts';

const cluster = useCluster();
const POLICY = join(ROOT, 'test', 'undo', 'policy.yaml');
let namespace: string;

beforeAll(async () => {
  namespace = await cluster.namespace('steering');
  const metadata = { name: 'web', namespace };
  const labels = { app: 'web' };
  await cluster.apply([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [{ name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: 'wbe' }, ports: [{ name: 'http', port: 80, targetPort: 9090 }] },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 4,
      },
    },
  ]);
  await cluster.waitFor('two ready pods', async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const { status } = (await cluster.request('GET', path)).json;
    return (status as { readyReplicas?: number } | undefined)?.readyReplicas === 2;
  });
});

type Ask = (tool: string, args: Record<string, unknown>) => Promise<Answer>;

async function assistant(): Promise<Ask> {
  const { call } = await connect({
    args: ['--policy', POLICY],
    env: { KUBECONFIG: cluster.kubeconfig() },
  });
  return (tool, args) => call(tool, { reason: 'test', dry_run: true, ...args });
}

test('a Service that reaches nothing is repaired in one call, and the plan counts its pods', async () => {
  const asked = await assistant();
  const { text } = await asked('mitigate_set_service', {
    namespace,
    name: 'web',
    selector: { app: 'web' },
    ports: [{ port: 80, target_port: 8080 }],
  });
  expect(text).toContain('selector from app=wbe to app=web');
  expect(text).toContain('port 80/TCP targetPort from 9090 to 8080');
  expect(text).toContain('it selects 2 pods, 2 ready (before: 0)');
  expect(text).not.toContain('nothing would serve');
  expect(text).toMatch(/\+ +app: web/);
  const wrong = await asked('mitigate_set_service', {
    namespace,
    name: 'web',
    selector: { app: 'none' },
  });
  expect(wrong.text).toContain('it selects no pod (before: 0)');
  expect(wrong.text).toContain('nothing would serve');
});

test('an autoscaler is told of, and its bounds are held to those of the policy', async () => {
  const asked = await assistant();
  const target = { namespace, name: 'web' };
  const scaled = await asked('mitigate_scale', { ...target, replicas: 5 });
  expect(scaled.text).toContain('keeps it within 2..4 and will overrule this');
  const raised = await asked('mitigate_scale', { ...target, kind: 'hpa', max_replicas: 6 });
  expect(raised.text).toContain('bounds from 2..4 to 2..6 replicas');
  const high = await asked('mitigate_scale', { ...target, kind: 'hpa', max_replicas: 21 });
  expect(high.text).toContain('[bound_exceeded]');
  expect(high.text).toContain('bounds.replicas');
  const mixed = await asked('mitigate_scale', { ...target, replicas: 3, max_replicas: 6 });
  expect(mixed.text).toContain('[invalid_arguments]');
});

test('the first taint of a node is planned; NoExecute is refused before anything is written', async () => {
  const asked = await assistant();
  const [name = ''] = cluster.nodes;
  const taint = { key: 'example.com/steering', value: 'x', effect: 'NoSchedule' };
  const planned = await asked('mitigate_node', { name, action: 'taint', taint });
  expect(planned.text).toContain('taint example.com/steering=x:NoSchedule');
  expect(planned.payload.changes).toMatchObject([{ class: 'exact' }]);
  const refused = await asked('mitigate_node', {
    name,
    action: 'taint',
    taint: { ...taint, effect: 'NoExecute' },
    dry_run: false,
  });
  expect(refused.isError).toBe(true);
  expect(refused.text).toContain('[irreversible]');
  expect(refused.text).toContain('NoSchedule keeps new ones away');
  expect(refused.text).toContain('Nothing was changed.');
});
