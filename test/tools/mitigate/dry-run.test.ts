import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { at, objectsOf, useCluster } from '../../cluster/index.ts';
import { type Answer, connect, ROOT } from '../../server/support.ts';

const cluster = useCluster();
const POLICY = join(ROOT, 'test', 'story', 'policy.yaml');
let namespace: string;

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image,
        env: [
          { name: 'MODE', value: 'fast' },
          { name: 'URL', valueFrom: { configMapKeyRef: { name: 'app', key: 'url' } } },
          { name: 'OLD', value: 'x' },
        ],
      },
    ],
  },
});
const workload = (kind: string, image: string) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: template(image),
    ...(kind === 'StatefulSet' ? { serviceName: 'web' } : {}),
  },
});

beforeAll(async () => {
  namespace = await cluster.namespace('mitigate');
  const config = { name: 'app', namespace };
  await cluster.apply([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: config, data: { url: 'http://db' } },
    workload('Deployment', 'local/web:1'),
    workload('StatefulSet', 'local/web:1'),
  ]);
  await history('replicasets', 1);
  await history('controllerrevisions', 1);
  await cluster.apply([
    workload('Deployment', 'local/web:2'),
    workload('StatefulSet', 'local/web:2'),
  ]);
  await history('replicasets', 2);
  await history('controllerrevisions', 2);
});

/** Waits until the controllers have noted that many revisions. */
async function history(plural: string, count: number): Promise<void> {
  await cluster.waitFor(`${count} ${plural}`, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/${plural}`;
    return objectsOf(at((await cluster.request('GET', path)).json, 'items')).length === count;
  });
}

/** The API server's own word on a plan: the diff of a dry run through all of its admission. */
async function planned(tool: string, args: Record<string, unknown>): Promise<Answer> {
  const { call } = await connect({
    args: ['--policy', POLICY],
    env: { KUBECONFIG: cluster.kubeconfig() },
  });
  return call(tool, { namespace, name: 'web', reason: 'test', dry_run: true, ...args });
}

/** Lines of the diff that changed, without the file names. */
function changed({ payload, text }: Answer): string[] {
  const [change] = payload.changes as { diff: string }[];
  expect(change, text).toBeDefined();
  return (change?.diff ?? '').split('\n').filter((line) => /^[+-] /.test(line));
}

test('scale and set image', async () => {
  expect(changed(await planned('mitigate_scale', { replicas: 2 }))).toEqual([
    '-  replicas: 1',
    '+  replicas: 2',
  ]);
  expect(changed(await planned('mitigate_set_container', { image: 'local/web:1' }))).toEqual([
    expect.stringMatching(/^- .*image: local\/web:2$/),
    expect.stringMatching(/^\+ .*image: local\/web:1$/),
  ]);
});

test('set env changes sources, sets and removes in one patch that the API server takes', async () => {
  const answer = await planned('mitigate_set_container', {
    env: {
      set: [
        { name: 'MODE', config_map: { name: 'app', key: 'mode' } },
        { name: 'URL', value: 'http://other' },
        { name: 'NEW', secret: { name: 's', key: 'k' } },
      ],
      unset: ['OLD'],
    },
  });
  const lines = changed(answer).map((line) => line.replace(/\s+/g, ' '));
  expect(lines).toEqual(
    expect.arrayContaining(['- value: fast', '+ key: mode', '- - name: OLD', '- value: x']),
  );
  expect(answer.text).toContain('secretKeyRef');
});

test('rollout restart stamps the template', async () => {
  const lines = changed(await planned('mitigate_rollout', { action: 'restart' }));
  expect(lines.every((line) => line.startsWith('+'))).toBe(true);
  expect(lines.join()).toContain('kubectl.kubernetes.io/restartedAt');
});

for (const kind of ['deployment', 'sts']) {
  test(`rollout undo of a ${kind} brings the earlier template back`, async () => {
    const answer = await planned('mitigate_rollout', { action: 'undo', kind });
    expect(changed(answer)).toEqual([
      expect.stringMatching(/^- .*image: local\/web:2$/),
      expect.stringMatching(/^\+ .*image: local\/web:1$/),
    ]);
  });
}

test('an apply that takes a field from its owner is a conflict, and says whose it is', async () => {
  const answer = await planned('mitigate_apply', {
    manifest: { ...workload('Deployment', 'local/web:3') },
    name: undefined,
  });
  expect(answer.isError).toBe(true);
  expect(answer.text).toContain('test-user');
  expect(answer.text).toContain('Nothing was changed.');
});

test('a patch that admission refuses is answered in the words of the API server', async () => {
  const answer = await planned('mitigate_patch', {
    kind: 'deployment',
    patch: { spec: { replicas: -1 } },
  });
  expect(answer.isError).toBe(true);
  expect(answer.text).toContain('[dry_run_rejected]');
  expect(answer.text).toContain('spec.replicas');
  const typo = await planned('mitigate_patch', {
    kind: 'deployment',
    patch: { spec: { replica: 1 } },
  });
  expect(typo.text).toContain('replica');
  expect(typo.isError).toBe(true);
});
