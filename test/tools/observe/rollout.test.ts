import { beforeAll, describe, expect, it } from 'vitest';
import { observeRollout } from '../../../src/tools/observe/rollout.ts';
import { itemsOf } from '../../cluster/client.ts';
import { at, useCluster } from '../../cluster/index.ts';
import { openWorkbench } from './workbench.ts';

const CANARY = 'c4n4ry-Pa55word';
const BAD_IMAGE = 'registry.example.com/no/such:2';

// A diff that is longer than one page of it.
const MANY = Array.from({ length: 30 }, (_, index) => ({ name: `OPTION_${index}`, value: 'on' }));

const cluster = useCluster();
let namespace = '';

function workload(kind: string, name: string, spec: object, container: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      ...spec,
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'local/web:1', ...container }],
        },
      },
    },
  };
}

async function patch(plural: string, name: string, body: object): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`;
  const { status } = await cluster.request('PATCH', path, body, {
    contentType: 'application/strategic-merge-patch+json',
  });
  expect(status).toBe(200);
}

const container = (fields: object) => ({
  spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } },
});

async function status(plural: string, name: string, done: (it: unknown) => unknown) {
  const path = `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`;
  await cluster.waitFor(`${plural}/${name}`, async () => {
    const { json } = await cluster.request('GET', path);
    const seen = at(json, 'status', 'observedGeneration') === at(json, 'metadata', 'generation');
    return seen && Boolean(done(json));
  });
}

beforeAll(async () => {
  namespace = await cluster.namespace('rollout');
  const secret = (value: string) => ({ env: [{ name: 'DB_PASSWORD', value }] });
  await cluster.apply([
    workload('Deployment', 'web', { replicas: 2, progressDeadlineSeconds: 3 }, secret(CANARY)),
    workload('Deployment', 'held', { replicas: 1 }),
    workload('Deployment', 'twice', { replicas: 1 }),
    workload('StatefulSet', 'db', { replicas: 2, serviceName: 'db' }),
    workload('DaemonSet', 'agent', {}),
  ]);
  const ready = (count: number) => (it: unknown) =>
    at(it as never, 'status', 'readyReplicas') === count;
  await status('deployments', 'web', ready(2));
  await status('deployments', 'held', ready(1));
  await status('deployments', 'twice', ready(1));
  await status('statefulsets', 'db', ready(2));
  await status('daemonsets', 'agent', (it) => at(it as never, 'status', 'numberReady') === 3);
  await patch('deployments', 'web', {
    metadata: { annotations: { 'kubernetes.io/change-cause': `set password=${CANARY}` } },
    ...container({
      image: BAD_IMAGE,
      env: [...MANY, { name: 'DB_PASSWORD', value: `${CANARY}-2` }],
    }),
  });
  for (const image of [`${BAD_IMAGE}-1`, `${BAD_IMAGE}-2`]) {
    await patch('deployments', 'twice', container({ image }));
    await status(
      'deployments',
      'twice',
      (it) => at(it as never, 'status', 'updatedReplicas') === 1,
    );
  }
  await patch('deployments', 'held', { spec: { paused: true } });
  await patch('deployments', 'held', container({ image: 'local/web:2' }));
  await patch('statefulsets', 'db', container({ image: BAD_IMAGE }));
  await patch('daemonsets', 'agent', container({ image: BAD_IMAGE }));
  await status('deployments', 'web', (it) =>
    JSON.stringify(it).includes('ProgressDeadlineExceeded'),
  );
  await cluster.waitFor('new pods that can not pull', async () => {
    const answer = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods`);
    const waiting = itemsOf(answer).filter((pod) =>
      /Image/.test(String(at(pod, 'status', 'containerStatuses', 0, 'state', 'waiting', 'reason'))),
    );
    return new Set(waiting.map((pod) => at(pod, 'metadata', 'labels', 'app'))).size === 4;
  });
}, 120_000);

const open = (options = {}) => openWorkbench(cluster, { namespace, ...options });

describe('observe_rollout', () => {
  it('tells that a Deployment is stuck, why, and what still serves', async () => {
    const bench = await open();
    const answer = await bench.call(observeRollout, { kind: 'deploy', name: 'web' });
    expect(answer.state).toBe('stuck');
    expect(answer.message).toBe('deployment "web" exceeded its progress deadline');
    expect(answer.why?.join()).toMatch(/main waits: (ErrImagePull|ImagePullBackOff)/);
    expect(answer.why?.join()).toContain('ProgressDeadlineExceeded');
    expect(answer.summary).toContain('Revision 1 still serves');
    expect(answer.revisions).toMatchObject([
      { revision: 2, images: [BAD_IMAGE], wanted: true },
      { revision: 1, images: ['local/web:1'], serves: true },
    ]);
    // Its container never ran, so logs would be empty.
    expect(answer.next).toContain('observe_describe {"kind":"Pod"');
    expect(answer.next).toContain('"action":"undo"');
  });

  it('shows what changed, without telling the credentials that did', async () => {
    const bench = await open();
    const answer = await bench.call(observeRollout, { kind: 'deploy', name: 'web' });
    expect(answer.diff).toMatchObject({ from: 'revision 1', to: 'revision 2' });
    expect(answer.diff?.unified).toMatch(/^<untrusted-data/);
    expect(answer.diff?.unified).toMatch(/-\s+image: local\/web:1/);
    expect(answer.diff?.unified).toMatch(/\+\s+image: registry.example.com\/no\/such:2/);
    expect(answer.diff?.unified).toContain('changed>');
    expect(JSON.stringify(answer)).not.toContain(CANARY);
    const back = await bench.call(observeRollout, {
      kind: 'deploy',
      name: 'web',
      revision: 1,
      compare_to: 2,
    });
    expect(back.diff?.unified).toMatch(/\+\s+image: local\/web:1/);
  });

  it('compares with what worked last, not with an earlier failed attempt', async () => {
    const bench = await open();
    const answer = await bench.call(observeRollout, { kind: 'deploy', name: 'twice' });
    expect(answer.last_good).toEqual({ revision: 1, known_by: 'its one pod is ready now' });
    expect(answer.diff).toMatchObject({ from: 'revision 1', to: 'revision 3' });
    const asked = await bench.call(observeRollout, { kind: 'deploy', name: 'twice', revision: 2 });
    expect(asked.diff).toMatchObject({ from: 'revision 1', to: 'revision 2' });
    const sts = await bench.call(observeRollout, { kind: 'sts', name: 'db' });
    expect(sts.last_good).toMatchObject({ revision: 1 });
  });

  it('gives a long diff and a long history piece by piece', async () => {
    const bench = await open();
    const args = { kind: 'deploy', name: 'web', max_characters: 500 };
    const first = await bench.call(observeRollout, args);
    expect(first.diff).toMatchObject({ truncated: true, next_offset: 500 });
    expect(first.next).toContain('"offset":500');
    const second = await bench.call(observeRollout, { ...args, offset: 500 });
    const text = (it: typeof first) => it.diff?.unified?.split('\n').slice(1, -1).join('\n') ?? '';
    const whole = await bench.call(observeRollout, { ...args, max_characters: 60_000 });
    expect(text(whole).startsWith(text(first) + text(second))).toBe(true);

    const page = await bench.call(observeRollout, { ...args, limit: 1 });
    expect(page).toMatchObject({ truncated: true, remaining: 1, total_revisions: 2 });
    const rest = await bench.call(observeRollout, { ...args, limit: 1, cursor: page.cursor });
    expect(rest.revisions.map((it) => it.revision)).toEqual([1]);
    expect(rest.cursor).toBeUndefined();
  });

  it('compares a paused template that is no revision yet', async () => {
    const bench = await open();
    const answer = await bench.call(observeRollout, { kind: 'deploy', name: 'held' });
    expect(answer.state).toBe('paused');
    expect(answer.diff).toMatchObject({
      from: 'revision 1',
      to: 'the spec, not rolled out yet',
    });
    expect(answer.diff?.unified).toMatch(/\+\s+image: local\/web:2/);
    expect(answer.next).toContain('"action":"resume"');
  });

  it.each([
    ['sts', 'db', /Waiting for 1 pods to be ready/],
    ['ds', 'agent', /Waiting for daemon set "agent" rollout to finish/],
  ])('reads the ControllerRevisions of a %s', async (kind, name, message) => {
    const bench = await open();
    const answer = await bench.call(observeRollout, { kind, name });
    expect(answer.state).toBe('stuck');
    expect(answer.message).toMatch(message);
    expect(answer.why?.join()).toMatch(/main waits: (ErrImagePull|ImagePullBackOff)/);
    expect(answer.revisions.map((it) => it.revision)).toEqual([2, 1]);
    expect(answer.revisions[1]).toMatchObject({ serves: true });
    expect(answer.diff?.unified).toMatch(/-\s+image: local\/web:1/);
  });

  it('refuses a revision that is not kept and a kind that has none', async () => {
    const bench = await open();
    const none = await bench.refusal(observeRollout, { kind: 'deploy', name: 'web', revision: 9 });
    expect(none.message).toContain('It keeps 1, 2.');
    const pod = await bench.refusal(observeRollout, { kind: 'pod', name: 'web' });
    expect(pod.message).toContain('A Pod has no rollouts');
    expect(pod.next).toContain('observe_changes {"kind":"Pod"');
  });

  it('answers what it may see when the pods are hidden', async () => {
    const bench = await open({
      policy: (policy: object) => ({
        ...policy,
        decideRead: ({ kind }: { kind?: string }) =>
          kind === 'Pod'
            ? { effect: 'refuse', rule: 'no-pods', reason: 'Not for you.' }
            : { effect: 'allow', rule: 'rest', reason: '' },
      }),
    });
    const answer = await bench.call(observeRollout, { kind: 'deploy', name: 'web' });
    expect(answer.state).toBe('stuck');
    expect(answer.revisions).toHaveLength(2);
    expect(answer.notes?.join()).toContain('Pods were not looked at');
  });
});
