import { at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { deployment, podTemplate } from './manifests.ts';

const pods = (stage: Stage, name?: string) => stage.core('pods', name);
const pod = (name: string, spec: JsonObject = {}): JsonObject => ({
  metadata: { name, labels: { app: name } },
  spec: { ...(podTemplate(name).spec as JsonObject), ...spec },
});
const condition = (object: JsonObject, type: string) =>
  objectsOf(at(object, 'status', 'conditions')).find((it) => it.type === type);

async function seen(
  stage: Stage,
  name: string,
  ok: (object: JsonObject) => boolean,
): Promise<JsonObject> {
  return stage.until(`pod ${name}`, async () => {
    const { body } = await stage.send('GET', pods(stage, name));
    return ok(body) ? body : undefined;
  });
}
const ready = (object: JsonObject) => condition(object, 'Ready')?.status === 'True';

async function unschedulable(stage: Stage, what: string, spec: JsonObject): Promise<void> {
  await stage.send('POST', pods(stage), pod(what, spec));
  const object = await seen(stage, what, (it) => condition(it, 'PodScheduled') !== undefined);
  const { status, reason, message } = condition(object, 'PodScheduled') ?? {};
  stage.note(what, [
    status ?? '',
    reason ?? '',
    String(message ?? '').replace(/ preemption:.*/, ''),
  ]);
}

async function budget(stage: Stage, spec: JsonObject, allowed: number): Promise<JsonObject> {
  const path = stage.named('policy/v1', 'poddisruptionbudgets');
  const selector = { matchLabels: { app: 'web' } };
  await stage.send('POST', path, { metadata: { name: 'web' }, spec: { ...spec, selector } });
  return stage.until('the budget', async () => {
    const { body } = await stage.send('GET', `${path}/web`);
    return at(body, 'status', 'disruptionsAllowed') === allowed &&
      at(body, 'status', 'expectedPods') === 2
      ? body
      : undefined;
  });
}

async function twoReady(stage: Stage): Promise<string[]> {
  await stage.send('POST', stage.named('apps/v1', 'deployments'), deployment('web'));
  return stage.until('two ready pods', async () => {
    const { body } = await stage.send('GET', pods(stage));
    const found = objectsOf(body.items).filter(ready);
    return found.length === 2 ? found.map((it) => String(at(it, 'metadata', 'name'))) : undefined;
  });
}

const eviction = (name: string, deleteOptions: JsonObject = {}) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name },
  deleteOptions,
});

/** Pods on nodes, scheduling, eviction, admission, logs. */
export const PODS: readonly Behaviour[] = [
  {
    name: 'a pod runs: phase, conditions, container state',
    async play(stage) {
      await stage.send('POST', pods(stage), pod('web'));
      const object = await seen(stage, 'web', ready);
      const status = object.status as JsonObject;
      stage.note('phase', [status.phase ?? '', status.qosClass ?? '']);
      stage.note(
        'conditions',
        objectsOf(status.conditions)
          .map((it) => [String(it.type), String(it.status)])
          .sort(),
      );
      stage.note(
        'containers',
        objectsOf(status.containerStatuses).map((it) => Object.keys(it).sort()),
      );
    },
  },
  {
    name: 'a pod is given its time to end, and none when asked so',
    async play(stage) {
      await stage.send('POST', pods(stage), pod('web'));
      await seen(stage, 'web', ready);
      const { status, body } = await stage.send('DELETE', pods(stage, 'web'), {
        gracePeriodSeconds: 20,
      });
      stage.note('delete', [
        status,
        body.kind ?? '',
        at(body, 'metadata', 'deletionGracePeriodSeconds') ?? null,
      ]);
      await stage.until(
        'its end',
        async () => (await stage.send('GET', pods(stage, 'web'))).status === 404,
      );
      await stage.send('POST', pods(stage), pod('now'));
      await seen(stage, 'now', ready);
      const at0 = await stage.send('DELETE', pods(stage, 'now'), { gracePeriodSeconds: 0 });
      stage.note('at once', [at0.status, at0.body.kind ?? '']);
      stage.note('gone', (await stage.send('GET', pods(stage, 'now'))).status);
    },
  },
  {
    name: 'pods that fit nowhere, and why',
    async play(stage) {
      await unschedulable(stage, 'selector', {
        nodeSelector: { 'kubernetes.io/hostname': 'nowhere' },
      });
      const resources = { requests: { memory: '640Gi' } };
      await unschedulable(stage, 'memory', {
        containers: [{ name: 'web', image: 'local/web:1', resources }],
      });
      await unschedulable(stage, 'claim', {
        volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'none' } }],
      });
    },
  },
  {
    name: 'required anti-affinity by host: one pod a node',
    async play(stage) {
      const labelSelector = { matchLabels: { app: 'web' } };
      const term = { labelSelector, topologyKey: 'kubernetes.io/hostname' };
      const affinity = {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
      };
      await stage.send(
        'POST',
        stage.named('apps/v1', 'deployments'),
        deployment('web', { replicas: 4, pod: { affinity } }),
      );
      const waiting = await stage.until('one that waits', async () => {
        const { body } = await stage.send('GET', pods(stage));
        const all = objectsOf(body.items);
        const found = all.filter((it) => condition(it, 'PodScheduled')?.reason === 'Unschedulable');
        return found.length === 1 && all.filter(ready).length === 3 ? found[0] : undefined;
      });
      const message = String(condition(waiting, 'PodScheduled')?.message);
      stage.note('message', message.replace(/ preemption:.*/, ''));
    },
  },
  {
    name: 'a host port is there once a node',
    async play(stage) {
      const ports = [{ containerPort: 8080, hostPort: 18_080 }];
      const containers = [{ name: 'web', image: 'local/web:1', ports }];
      await stage.send(
        'POST',
        stage.named('apps/v1', 'deployments'),
        deployment('web', { replicas: 4, pod: { containers } }),
      );
      const waiting = await stage.until('one that waits', async () => {
        const { body } = await stage.send('GET', pods(stage));
        return objectsOf(body.items).find(
          (it) => condition(it, 'PodScheduled')?.reason === 'Unschedulable',
        );
      });
      const message = String(condition(waiting, 'PodScheduled')?.message);
      stage.note('message', message.replace(/ preemption:.*/, ''));
    },
  },
  {
    name: 'an eviction within the budget deletes, beyond it is 429',
    async play(stage) {
      const names = await twoReady(stage);
      const counted = await budget(stage, { minAvailable: 2 }, 0);
      const { conditions, ...status } = counted.status as JsonObject;
      stage.note('status', [
        status,
        objectsOf(conditions).map((it) => [String(it.type), String(it.status), String(it.reason)]),
      ]);
      const path = `${pods(stage, names[0])}/eviction`;
      const refused = await stage.see('refused', 'POST', path, eviction(names[0] ?? ''));
      stage.note('retry', refused.headers['retry-after'] ?? null);
      await stage.send('PATCH', stage.named('policy/v1', 'poddisruptionbudgets', 'web'), {
        spec: { minAvailable: 1 },
      });
      await stage.until('one allowed', async () => {
        const { body } = await stage.send(
          'GET',
          stage.named('policy/v1', 'poddisruptionbudgets', 'web'),
        );
        return at(body, 'status', 'disruptionsAllowed') === 1;
      });
      const dry = await stage.send(
        'POST',
        `${path}?dryRun=All`,
        eviction(names[0] ?? '', { dryRun: ['All'] }),
      );
      stage.note('dry', [dry.status, dry.body.status ?? '']);
      const done = await stage.send('POST', path, eviction(names[0] ?? ''));
      stage.note('done', [done.status, done.body.kind ?? '', done.body.status ?? '']);
    },
  },
  {
    name: 'an eviction with preconditions that fail is 409',
    async play(stage) {
      const [name = ''] = await twoReady(stage);
      const preconditions = { uid: '11111111-2222-3333-4444-555555555555' };
      const { status, body } = await stage.send(
        'POST',
        `${pods(stage, name)}/eviction`,
        eviction(name, { preconditions }),
      );
      stage.note('refused', [status, body.reason ?? '']);
      const other = await stage.send('POST', `${pods(stage, 'none')}/eviction`, eviction('none'));
      stage.note('no pod', [other.status, other.body.reason ?? '']);
    },
  },
  {
    name: 'a quota refuses what goes beyond it, and pods that say nothing',
    async play(stage) {
      const hard = { pods: '1', 'limits.memory': '100Mi', configmaps: '2' };
      await stage.send('POST', stage.core('resourcequotas'), {
        metadata: { name: 'q' },
        spec: { hard },
      });
      await stage.until('the quota', async () => {
        const { body } = await stage.send('GET', stage.core('resourcequotas', 'q'));
        return at(body, 'status', 'used', 'configmaps') === '1';
      });
      await stage.see('silent', 'POST', pods(stage), pod('silent'));
      const sized = (memory: string) => ({
        containers: [{ name: 'web', image: 'local/web:1', resources: { limits: { memory } } }],
      });
      await stage.see('large', 'POST', pods(stage), pod('large', sized('200Mi')));
      const fits = await stage.send('POST', pods(stage), pod('fits', sized('64Mi')));
      stage.note('fits', fits.status);
      const used = await stage.until('its use', async () => {
        const { body } = await stage.send('GET', stage.core('resourcequotas', 'q'));
        return at(body, 'status', 'used', 'pods') === '1' ? body.status : undefined;
      });
      stage.note('used', used);
      await stage.see('second', 'POST', pods(stage), pod('second', sized('16Mi')));
    },
  },
  {
    name: 'a Deployment whose pods are refused says so',
    async play(stage) {
      const hard = { 'limits.memory': '1Gi' };
      await stage.send('POST', stage.core('resourcequotas'), {
        metadata: { name: 'q' },
        spec: { hard },
      });
      await stage.until('the quota', async () => {
        const { body } = await stage.send('GET', stage.core('resourcequotas', 'q'));
        return at(body, 'status', 'used', 'limits.memory') === '0';
      });
      await stage.send(
        'POST',
        stage.named('apps/v1', 'deployments'),
        deployment('web', { replicas: 1 }),
      );
      const failed = await stage.until('ReplicaFailure', async () => {
        const { body } = await stage.send('GET', stage.named('apps/v1', 'deployments', 'web'));
        return condition(body, 'ReplicaFailure') === undefined ? undefined : body;
      });
      const { status, reason, message } = condition(failed, 'ReplicaFailure') ?? {};
      stage.note('condition', [
        status ?? '',
        reason ?? '',
        String(message).replace(/web-\w+-\w+/, 'POD'),
      ]);
    },
  },
  {
    name: 'Pod Security refuses what its level does not allow',
    async play(stage) {
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await stage.send('PATCH', `/api/v1/namespaces/${stage.namespace}`, { metadata: { labels } });
      const { status, body } = await stage.see('refused', 'POST', pods(stage), pod('web'));
      stage.note('words', [status, String(body.message)]);
      const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
      const inner = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
      const containers = [{ name: 'web', image: 'local/web:1', securityContext: inner }];
      const good = await stage.send(
        'POST',
        `${pods(stage)}?dryRun=All`,
        pod('web', { securityContext, containers }),
      );
      stage.note('allowed', good.status);
    },
  },
  {
    name: 'a pod without its account, or with a priority that is none',
    async play(stage) {
      await stage.see('account', 'POST', pods(stage), pod('web', { serviceAccountName: 'none' }));
      await stage.see('priority', 'POST', pods(stage), pod('web', { priorityClassName: 'none' }));
    },
  },
  {
    name: 'the log of a container, its tail, and refusals',
    async play(stage) {
      await stage.send('POST', pods(stage), pod('web'));
      await seen(stage, 'web', ready);
      const log = await stage.send('GET', `${pods(stage, 'web')}/log?tailLines=1`, undefined, {
        accept: '*/*',
      });
      stage.note('log', [log.status, log.text]);
      await stage.see('no container', 'GET', `${pods(stage, 'web')}/log?container=none`);
      await stage.see('no previous', 'GET', `${pods(stage, 'web')}/log?previous=true`);
      await stage.see('no pod', 'GET', `${pods(stage, 'none')}/log`);
    },
  },
  {
    name: 'a claim binds to its volume, and stays while a pod uses it',
    async play(stage) {
      const name = stage.namespace;
      const capacity = { storage: '1Gi' };
      await stage.send('POST', '/api/v1/persistentvolumes', {
        metadata: { name },
        spec: {
          capacity,
          accessModes: ['ReadWriteOnce'],
          storageClassName: '',
          hostPath: { path: '/tmp/x' },
          claimRef: { namespace: name, name: 'data' },
        },
      });
      await stage.send('POST', stage.core('persistentvolumeclaims'), {
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: '',
          volumeName: name,
          resources: { requests: capacity },
        },
      });
      const claim = await stage.until('Bound', async () => {
        const { body } = await stage.send('GET', stage.core('persistentvolumeclaims', 'data'));
        return at(body, 'status', 'phase') === 'Bound' ? body : undefined;
      });
      stage.note('claim', [
        claim.status ?? null,
        at(claim, 'metadata', 'annotations') ?? null,
        at(claim, 'metadata', 'finalizers') ?? null,
      ]);
      const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }];
      await stage.send('POST', pods(stage), pod('web', { volumes }));
      await seen(stage, 'web', ready);
      const { status, body } = await stage.send(
        'DELETE',
        stage.core('persistentvolumeclaims', 'data'),
      );
      stage.note('delete', [
        status,
        body.kind ?? '',
        at(body, 'metadata', 'deletionTimestamp') !== undefined,
      ]);
      await stage.send('DELETE', pods(stage, 'web'), { gracePeriodSeconds: 0 });
      await stage.until(
        'the claim to go',
        async () =>
          (await stage.send('GET', stage.core('persistentvolumeclaims', 'data'))).status === 404,
      );
      const released = await stage.until('Released', async () => {
        const { body: volume } = await stage.send('GET', `/api/v1/persistentvolumes/${name}`);
        return at(volume, 'status', 'phase') === 'Released' ? true : undefined;
      });
      stage.note('released', released);
      await stage.send('DELETE', `/api/v1/persistentvolumes/${name}`);
    },
  },
  {
    name: 'the status of a pod is written by its subresource only',
    async play(stage) {
      const spec = { nodeSelector: { none: 'such' } };
      await stage.send('POST', pods(stage), pod('web', spec));
      await seen(stage, 'web', (it) => condition(it, 'PodScheduled') !== undefined);
      const { body } = await stage.send('PATCH', pods(stage, 'web'), {
        status: { phase: 'Running' },
      });
      stage.note('by object', at(body, 'status', 'phase') ?? '');
      const written = await stage.send('PATCH', `${pods(stage, 'web')}/status`, {
        status: { message: 'hello' },
        spec: { priority: 7 },
      });
      stage.note('by status', [
        written.status,
        at(written.body, 'status', 'message') ?? '',
        at(written.body, 'spec', 'priority') ?? 0,
      ]);
    },
  },
];
