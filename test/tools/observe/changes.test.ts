import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { observeChanges } from '../../../src/tools/observe/changes.ts';
import { observeRollout } from '../../../src/tools/observe/rollout.ts';
import { at, useCluster } from '../../cluster/index.ts';
import { openWorkbench } from './workbench.ts';

const CANARY = 'c4n4ry-Pa55word';
const BAD_IMAGE = 'registry.example.com/no/such:2';

const cluster = useCluster();
let namespace = '';

const template = (name: string, container: object) => ({
  metadata: { labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: 'local/web:1', ...container }],
  },
});
const workload = (kind: string, name: string, spec: object) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: template(name, { env: [{ name: 'DB_PASSWORD', value: CANARY }] }),
    ...spec,
  },
});

async function patch(path: string, body: object, manager: string): Promise<void> {
  const full = `${path}?fieldManager=${manager}`;
  const contentType = 'application/strategic-merge-patch+json';
  expect((await cluster.request('PATCH', full, body, { contentType })).status).toBe(200);
}
const deployment = (name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
const container = (fields: object) => ({
  spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } },
});
async function ready(plural: string, name: string, image: string): Promise<void> {
  await cluster.waitFor(`${name} to roll out`, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`;
    const { json } = await cluster.request('GET', path);
    const seen = at(json, 'status', 'observedGeneration') === at(json, 'metadata', 'generation');
    const now = at(json, 'spec', 'template', 'spec', 'containers', 0, 'image');
    return seen && now === image && at(json, 'status', 'updatedReplicas') === 1;
  });
}

beforeAll(async () => {
  namespace = await cluster.namespace('changes');
  await cluster.apply([
    workload('Deployment', 'web', {}),
    workload('Deployment', 'web-back', {}),
    workload('StatefulSet', 'db', { serviceName: 'db' }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace },
      data: { mode: 'a', level: 'b', note: 'c' },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace },
      stringData: { token: CANARY },
    },
  ]);
  await ready('deployments', 'web-back', 'local/web:1');
  await ready('deployments', 'web', 'local/web:1');
  await patch(deployment('web-back'), container({ image: 'local/web:2' }), 'jane');
  await ready('deployments', 'web-back', 'local/web:2');
  await patch(deployment('web-back'), container({ image: 'local/web:1' }), 'jane');
  await ready('deployments', 'web-back', 'local/web:1');
  await patch(
    deployment('web'),
    container({ image: BAD_IMAGE, env: [{ name: 'DB_PASSWORD', value: `${CANARY}-2` }] }),
    'ci',
  );
  await patch(
    `/api/v1/namespaces/${namespace}/configmaps/settings`,
    { data: { mode: CANARY } },
    'stratus-mcp',
  );
  await patch(
    `/apis/apps/v1/namespaces/${namespace}/statefulsets/db`,
    container({ image: 'local/web:2' }),
    'ci',
  );
  await cluster.waitFor('a pull that fails', async () => {
    const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=type=Warning`;
    return (await cluster.request('GET', path)).text.includes(BAD_IMAGE);
  });
}, 120_000);

const open = (options = {}) => openWorkbench(cluster, { namespace, ...options });

describe('observe_changes', () => {
  it('tells in one answer what changed, by whom, newest first', async () => {
    const bench = await open();
    const answer = await bench.call(observeChanges, { limit: 100 });
    const told = answer.changes.map(({ what, object, by, said }) => ({ what, object, by, said }));
    expect(told).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          what: 'rollout',
          object: `Deployment ${namespace}/web`,
          said: `revision 2: main: image local/web:1 → ${BAD_IMAGE}, env DB_PASSWORD changed`,
        }),
        expect.objectContaining({
          what: 'rollout',
          object: `StatefulSet ${namespace}/db`,
          said: 'revision 2: main: image local/web:1 → local/web:2',
        }),
        expect.objectContaining({
          object: `Deployment ${namespace}/web-back`,
          said: 'revision 2: main: image local/web:1 → local/web:2',
        }),
        expect.objectContaining({
          object: `Deployment ${namespace}/web-back`,
          said: 'revision 1 was brought back as 3',
          by: 'jane',
        }),
        expect.objectContaining({
          what: 'write',
          object: `ConfigMap ${namespace}/settings`,
          by: 'stratus-mcp',
          said: 'data.mode',
        }),
        expect.objectContaining({ what: 'event', by: 'kubelet' }),
      ]),
    );
    const times = answer.changes.map((change) => change.at.slice(0, 20));
    expect(times).toEqual([...times].sort().reverse());
    expect(answer.total).toBe(answer.changes.length);
    expect(answer.summary).toMatch(/rollouts, .*new objects, .*writes, .*kinds? of events?/);
    expect(answer.next).toMatch(/^observe_rollout /);
    expect(answer.note).toContain('data to judge');
    expect(JSON.stringify(answer)).not.toContain(CANARY);
  });

  it('is small unless more is asked for, page by page without a gap', async () => {
    const bench = await open();
    const told = ({ changes }: { changes: { object: string; said: string }[] }) =>
      changes.map((it) => `${it.object} ${it.said.replace(/ ×\d+/, '')}`);
    // A container that backs off goes on making events.
    const look = async () => told(await bench.call(observeChanges, { limit: 100 }));
    await cluster.waitFor('nothing to happen while the pages are read', async () => {
      const before = await look();
      const pages = [await bench.call(observeChanges, { limit: 4 })];
      for (let cursor = pages[0]?.cursor; cursor !== undefined; cursor = pages.at(-1)?.cursor) {
        pages.push(await bench.call(observeChanges, { limit: 4, cursor }));
      }
      if (!isDeepStrictEqual(before, await look())) return false;
      expect(pages.flatMap(told)).toEqual(before);
      for (const page of pages) {
        expect(page.total).toBe(before.length);
        expect(page.truncated === true).toBe(page.cursor !== undefined);
      }
      return true;
    });
    expect(JSON.stringify(await bench.call(observeChanges, {})).length / 4).toBeLessThan(2_000);
  });

  it('keeps to a workload and what it made', async () => {
    const bench = await open();
    const answer = await bench.call(observeChanges, { kind: 'deploy', name: 'web', limit: 100 });
    const objects = new Set(answer.changes.map(({ object }) => object.split(' and ')[0]));
    expect([...objects].filter((it) => !/\/web(-\w+)?(-\w{5})?$/.test(it ?? ''))).toEqual([]);
    expect([...objects].join()).not.toContain('web-back');
    expect(answer.changes.some(({ what }) => what === 'event')).toBe(true);
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const none = await bench.call(observeChanges, { kind: 'deploy', name: 'web', since: future });
    expect(none.summary).toMatch(/^No changes of Deployment web in namespace .* are to be seen\.$/);
  });

  it('tells that a Secret was written, and nothing of what is in it', async () => {
    const bench = await open();
    const answer = await bench.call(observeChanges, { kind: 'Secret' });
    expect(answer.changes).toMatchObject([{ what: 'created', object: `Secret ${namespace}/keys` }]);
    expect(JSON.stringify(answer)).not.toContain(CANARY);
  });

  it('never takes what it may not see for unchanged', async () => {
    const bench = await open({
      policy: (policy: { decideRead: (question: { kind?: string }) => unknown }) => ({
        ...policy,
        decideRead: (question: { kind?: string }) =>
          question.kind === 'ConfigMap'
            ? { effect: 'refuse', rule: 'hidden', reason: 'ConfigMaps are private' }
            : policy.decideRead(question),
      }),
    });
    const answer = await bench.call(observeChanges, {});
    expect(answer.summary).toContain('Not everything could be seen');
    expect(answer.notes?.join()).toContain('ConfigMaps were not looked at');
    const refused = await bench.refusal(observeChanges, { kind: 'ConfigMap' });
    expect(refused.code).toBe('policy_refused');
  });

  it('knows the transaction behind a write of ours, and what an object without revisions has', async () => {
    const bench = await open();
    const args = { kind: 'ConfigMap', name: 'settings' };
    const before = await bench.refusal(observeRollout, args);
    expect(before.message).toContain('Kubernetes keeps no revisions of it');
    expect(before.next).toContain('observe_changes {"kind":"ConfigMap","name":"settings"');
    bench.journal.audit.append({
      kind: 'step',
      transaction: 'txn-1',
      namespace,
      object: 'ConfigMap/settings',
      detail: {},
    });
    const since = '30m';
    const own = (await bench.call(observeChanges, { ...args, since })).changes.find(
      ({ what }) => what === 'write',
    );
    expect(own?.by).toBe('stratus-mcp (txn-1)');
    const after = await bench.refusal(observeRollout, args);
    expect(after.next).toContain('audit_query {"transaction":"txn-1"}');
  });

  it('teaches what a wrong call should look like', async () => {
    const bench = await open();
    expect((await bench.refusal(observeChanges, { name: 'web' })).next).toBe('Give kind too.');
    expect((await bench.refusal(observeChanges, { since: 'lately' })).next).toContain('2h');
    const gone = await bench.call(observeChanges, { namespace: 'no-such-namespace' });
    expect(gone.notes?.join()).toContain("doesn't exist");
  });
});
