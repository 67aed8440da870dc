import { setTimeout as sleep } from 'node:timers/promises';
import { at, type JsonObject, numberOf, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { deployment } from './manifests.ts';
import { condition } from './pod-helpers.ts';
import { apps, conditions, items, nameOf, rolledOut, status } from './watching.ts';

/** Workloads whose pods the API server refuses, here by a quota that asks them for limits. */
export const REFUSED_PODS: readonly Behaviour[] = [
  {
    name: 'a Deployment whose pods are refused says so',
    async play(stage) {
      await refuse(stage);
      await stage.send('POST', apps(stage, 'deployments'), deployment('web', { replicas: 1 }));
      const failed = await stage.until('ReplicaFailure', async () => {
        const { body } = await stage.send('GET', apps(stage, 'deployments', 'web'));
        return condition(body, 'ReplicaFailure') === undefined ? undefined : body;
      });
      const { status: state, reason, message } = condition(failed, 'ReplicaFailure') ?? {};
      stage.note('condition', [state ?? '', reason ?? '', podLess(message)]);
    },
  },
  {
    name: 'a refused ReplicaSet is written once, however often it is refused again',
    async play(stage) {
      await refuse(stage);
      await stage.send('POST', apps(stage, 'deployments'), deployment('web'));
      const set = await refusedSet(stage, '1');
      stage.note('conditions', conditions(set));
      stage.note('message', podLess(condition(set, 'ReplicaFailure')?.message));
      const before = await refusals(stage);
      await stage.until('more refusals', async () => (await refusals(stage)) >= before + 3);
      const { body: after } = await stage.send('GET', apps(stage, 'replicasets', nameOf(set)));
      stage.note('as it was', [
        at(after, 'metadata', 'resourceVersion') === at(set, 'metadata', 'resourceVersion'),
        condition(after, 'ReplicaFailure')?.message === condition(set, 'ReplicaFailure')?.message,
      ]);
      await stage.send('DELETE', stage.core('resourcequotas', 'q'));
      stage.note('admitted', conditions(await rolledOut(stage, 'web', 2)));
      const { body: free } = await stage.send('GET', apps(stage, 'replicasets', nameOf(set)));
      stage.note('set', conditions(free));
    },
  },
  {
    name: 'a template taken back while pods are refused: its ReplicaSet keeps its size, a writer ends it',
    async play(stage) {
      await refuse(stage);
      await stage.send('POST', apps(stage, 'deployments'), deployment('web'));
      await refusedSet(stage, '1');
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), image('local/web:2'));
      const second = await refusedSet(stage, '2');
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), image('local/web:1'));
      await status(
        stage,
        apps(stage, 'deployments', 'web'),
        (_, it) => at(it, 'metadata', 'annotations', REVISION) === '3',
      );
      // For what its controller would do with it.
      await sleep(1500);
      stage.note('sets', await sizes(stage));
      const path = apps(stage, 'replicasets', nameOf(second));
      const { body } = await stage.send('GET', path);
      await sleep(1000);
      const patch = [
        { op: 'test', path: '/metadata/resourceVersion', value: version(body) },
        { op: 'replace', path: '/spec/replicas', value: 0 },
      ];
      const json = { contentType: 'application/json-patch+json' };
      const emptied = await stage.send('PATCH', path, patch, json);
      stage.note('emptied', emptied.status);
      const idle = await status(
        stage,
        path,
        (_, it) => condition(it, 'ReplicaFailure') === undefined,
      );
      stage.note('status', idle.status ?? null);
      await sleep(1000);
      stage.note('sets after it', await sizes(stage));
    },
  },
];

const REVISION = 'deployment.kubernetes.io/revision';
const version = (it: JsonObject) => String(at(it, 'metadata', 'resourceVersion'));
const image = (name: string) => {
  const containers = [{ name: 'web', image: name, ports: [{ containerPort: 8080 }] }];
  return { spec: { template: { spec: { containers } } } };
};

function podLess(message: unknown): string {
  return String(message).replace(/web-\w+-\w+/, 'POD');
}

/** From here on no pod is admitted that names no limit. */
async function refuse(stage: Stage): Promise<void> {
  const hard = { 'limits.memory': '1Gi' };
  await stage.send('POST', stage.core('resourcequotas'), {
    metadata: { name: 'q' },
    spec: { hard },
  });
  await stage.until('the quota', async () => {
    const { body } = await stage.send('GET', stage.core('resourcequotas', 'q'));
    return at(body, 'status', 'used', 'limits.memory') === '0';
  });
}

/** The ReplicaSet of a revision, once its status says that its pods are refused. */
async function refusedSet(stage: Stage, revision: string): Promise<JsonObject> {
  return stage.until(`the refused ReplicaSet ${revision}`, async () => {
    const { body } = await stage.send('GET', apps(stage, 'replicasets'));
    return items(body).find(
      (it) =>
        at(it, 'metadata', 'annotations', REVISION) === revision &&
        at(it, 'status', 'observedGeneration') === at(it, 'metadata', 'generation') &&
        condition(it, 'ReplicaFailure') !== undefined,
    );
  });
}

/** How often its events say that a pod was refused. */
async function refusals(stage: Stage): Promise<number> {
  const { body } = await stage.send('GET', stage.core('events'));
  return objectsOf(body.items)
    .filter((it) => it.reason === 'FailedCreate')
    .reduce((sum, it) => sum + (numberOf(it.count) ?? 1), 0);
}

async function sizes(stage: Stage) {
  const { body } = await stage.send('GET', apps(stage, 'replicasets'));
  return items(body)
    .map((it) => [
      Number(at(it, 'metadata', 'annotations', REVISION)),
      Number(at(it, 'spec', 'replicas')),
    ])
    .sort();
}
