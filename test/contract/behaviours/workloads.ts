import { arrayOf, at, type Json, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { deployment, podTemplate, type Shape } from './manifests.ts';

const apps = (stage: Stage, plural: string, name?: string) => stage.named('apps/v1', plural, name);
const items = (body: Json) => objectsOf(at(body, 'items'));
const nameOf = (it: JsonObject) => String(at(it, 'metadata', 'name'));

async function status(
  stage: Stage,
  path: string,
  done: (status: JsonObject, object: JsonObject) => boolean,
) {
  return stage.until(`the status of ${path}`, async () => {
    const { body } = await stage.send('GET', path);
    const now = at(body, 'status') as JsonObject | undefined;
    const seen = at(body, 'status', 'observedGeneration') === at(body, 'metadata', 'generation');
    return now !== undefined && seen && done(now, body) ? body : undefined;
  });
}

async function rolledOut(stage: Stage, name: string, replicas: number): Promise<JsonObject> {
  return status(stage, apps(stage, 'deployments', name), (it) =>
    replicas === 0
      ? it.replicas === undefined
      : it.updatedReplicas === replicas &&
        it.availableReplicas === replicas &&
        it.replicas === replicas,
  );
}

const conditions = (object: JsonObject) =>
  objectsOf(at(object, 'status', 'conditions'))
    .map((it) => [String(it.type), String(it.status), String(it.reason ?? '')])
    .sort();

function counts(object: JsonObject): JsonObject {
  const { conditions: _conditions, ...rest } = (object.status ?? {}) as JsonObject;
  return rest;
}

const statefulSet = (name: string, shape: Shape = {}): JsonObject => ({
  metadata: { name },
  spec: {
    replicas: shape.replicas ?? 2,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: podTemplate(name, { ...shape, pod: { terminationGracePeriodSeconds: 0 } }),
    ...shape.spec,
  },
});

const job = (name: string, command: string[], spec: JsonObject = {}): JsonObject => ({
  metadata: { name },
  spec: {
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'web', image: 'local/web:1', command }],
      },
    },
    ...spec,
  },
});

async function jobEnd(stage: Stage, name: string): Promise<JsonObject> {
  const path = stage.named('batch/v1', 'jobs', name);
  return stage.until(`the end of ${name}`, async () => {
    const { body } = await stage.send('GET', path);
    return conditions(body).some(([type]) => type === 'Complete' || type === 'Failed')
      ? body
      : undefined;
  });
}

/** Controllers, scheduler and nodes together. */
export const WORKLOADS: readonly Behaviour[] = [
  {
    name: 'a Deployment as it is stored: defaults and first owner',
    async play(stage) {
      await stage.see(
        'create',
        'POST',
        `${apps(stage, 'deployments')}?dryRun=All`,
        deployment('web'),
      );
    },
  },
  {
    name: 'other kinds as they are stored',
    async play(stage) {
      const dry = '?dryRun=All';
      const selector = { matchLabels: { app: 'web' } };
      const template = podTemplate('web');
      await stage.see('StatefulSet', 'POST', apps(stage, 'statefulsets') + dry, statefulSet('web'));
      await stage.see('DaemonSet', 'POST', apps(stage, 'daemonsets') + dry, {
        metadata: { name: 'web' },
        spec: { selector, template },
      });
      await stage.see('ReplicaSet', 'POST', apps(stage, 'replicasets') + dry, {
        metadata: { name: 'web' },
        spec: { selector, template },
      });
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
      await stage.see('Service', 'POST', stage.core('services') + dry, {
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports },
      });
      await stage.see('headless Service', 'POST', stage.core('services') + dry, {
        metadata: { name: 'web' },
        spec: { clusterIP: 'None', selector: { app: 'web' }, ports },
      });
      const resources = { requests: { storage: '1024Mi' } };
      await stage.see('claim', 'POST', stage.core('persistentvolumeclaims') + dry, {
        metadata: { name: 'web' },
        spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources },
      });
      await stage.see('budget', 'POST', stage.named('policy/v1', 'poddisruptionbudgets') + dry, {
        metadata: { name: 'web' },
        spec: { minAvailable: '50%', selector },
      });
      await stage.see('Lease', 'POST', stage.named('coordination.k8s.io/v1', 'leases') + dry, {
        metadata: { name: 'web' },
        spec: { holderIdentity: 'me' },
      });
      await stage.see(
        'NetworkPolicy',
        'POST',
        stage.named('networking.k8s.io/v1', 'networkpolicies') + dry,
        { metadata: { name: 'web' }, spec: { podSelector: {}, ingress: [{}] } },
      );
      await stage.see('quota', 'POST', stage.core('resourcequotas') + dry, {
        metadata: { name: 'web' },
        spec: { hard: { pods: '5', 'requests.cpu': '1500m' } },
      });
    },
  },
  {
    name: 'a pod as it is stored: account, token, tolerations, priority, class',
    async play(stage) {
      const container = {
        name: 'web',
        image: 'local/web:1',
        resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
      };
      const body = { metadata: { name: 'web' }, spec: { containers: [container] } };
      await stage.see('create', 'POST', `${stage.core('pods')}?dryRun=All`, body);
    },
  },
  {
    name: 'an invalid Deployment names each cause',
    async play(stage) {
      const url = apps(stage, 'deployments');
      await stage.see(
        'selector',
        'POST',
        url,
        deployment('web', { spec: { selector: { matchLabels: { app: 'other' } } } }),
      );
      await stage.see('replicas', 'POST', url, deployment('web', { replicas: -1 }));
      await stage.see('containers', 'POST', url, deployment('web', { pod: { containers: [] } }));
      await stage.see(
        'image',
        'POST',
        url,
        deployment('web', { pod: { containers: [{ name: 'web' }] } }),
      );
      await stage.see(
        'names',
        'POST',
        url,
        deployment('web', {
          pod: {
            containers: [
              { name: 'web', image: 'x' },
              { name: 'web', image: 'x' },
            ],
          },
        }),
      );
      await stage.see(
        'policy',
        'POST',
        url,
        deployment('web', { pod: { restartPolicy: 'Never' } }),
      );
      await stage.see(
        'mount',
        'POST',
        url,
        deployment('web', {
          pod: {
            containers: [
              { name: 'web', image: 'x', volumeMounts: [{ name: 'no', mountPath: '/x' }] },
            ],
          },
        }),
      );
    },
  },
  {
    name: 'what may not change: selector, pod, claim, address',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web', { replicas: 0 }));
      const labels = { app: 'other' };
      const change = {
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
      };
      await stage.see('selector', 'PATCH', apps(stage, 'deployments', 'web'), change);
      await stage.send('POST', apps(stage, 'statefulsets'), statefulSet('web', { replicas: 0 }));
      await stage.see('serviceName', 'PATCH', apps(stage, 'statefulsets', 'web'), {
        spec: { serviceName: 'x' },
      });
      await stage.send('POST', stage.core('services'), {
        metadata: { name: 'web' },
        spec: { ports: [{ port: 80 }] },
      });
      await stage.see('address', 'PATCH', stage.core('services', 'web'), {
        spec: { clusterIP: '10.0.200.200', clusterIPs: ['10.0.200.200'] },
      });
    },
  },
  {
    name: 'a Deployment rolls out: ReplicaSet, pods, conditions, revision',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web'));
      const done = await rolledOut(stage, 'web', 2);
      stage.note('counts', counts(done));
      stage.note('conditions', conditions(done));
      stage.note('revision', at(done, 'metadata', 'annotations') ?? null);
      const { body } = await stage.send('GET', apps(stage, 'replicasets'));
      stage.note(
        'sets',
        items(body).map((it) => ({
          ...it,
          metadata: { ...(it.metadata as JsonObject), managedFields: [], name: '' },
        })),
      );
    },
  },
  {
    name: 'a second rollout: the next revision, the old ReplicaSet stays at 0',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web'));
      await rolledOut(stage, 'web', 2);
      const container = { name: 'web', image: 'local/web:2' };
      const patch = { spec: { template: { spec: { containers: [container] } } } };
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), patch);
      const done = await rolledOut(stage, 'web', 2);
      stage.note('conditions', conditions(done));
      const { body } = await stage.send('GET', apps(stage, 'replicasets'));
      const sets = items(body).map((it) => [
        Number(at(it, 'metadata', 'annotations', 'deployment.kubernetes.io/revision')),
        Number(at(it, 'spec', 'replicas')),
      ]);
      stage.note('sets', sets.sort());
      const back = {
        spec: {
          template: {
            spec: {
              containers: [{ name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] }],
            },
          },
        },
      };
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), back);
      const again = await rolledOut(stage, 'web', 2);
      stage.note('revision', at(again, 'metadata', 'annotations') ?? null);
    },
  },
  {
    name: 'a rollout to a bad image: one pod more, the old ones serve, the deadline passes',
    async play(stage) {
      const spec = { progressDeadlineSeconds: 3 };
      await stage.send('POST', apps(stage, 'deployments'), deployment('web', { spec }));
      await rolledOut(stage, 'web', 2);
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), {
        spec: { template: { spec: { containers: [{ name: 'web', image: 'local/web:nope' }] } } },
      });
      const late = await status(stage, apps(stage, 'deployments', 'web'), (_, object) =>
        conditions(object).some(([, , reason]) => reason === 'ProgressDeadlineExceeded'),
      );
      stage.note('counts', counts(late));
      stage.note('conditions', conditions(late));
      const { body } = await stage.send('GET', stage.core('pods'));
      const reasons = items(body).flatMap((pod) =>
        objectsOf(at(pod, 'status', 'containerStatuses')).flatMap((it) => {
          const reason = at(it, 'state', 'waiting', 'reason');
          return reason === undefined
            ? []
            : [String(reason).replace('ErrImagePull', 'ImagePullBackOff')];
        }),
      );
      stage.note('waiting', reasons);
    },
  },
  {
    name: 'a paused Deployment does not roll out until it is resumed',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web'));
      await rolledOut(stage, 'web', 2);
      const image = (name: string) => ({
        template: { spec: { containers: [{ name: 'web', image: name }] } },
      });
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), {
        spec: { paused: true, ...image('local/web:2') },
      });
      const paused = await status(stage, apps(stage, 'deployments', 'web'), (_, object) =>
        conditions(object).some(([, , reason]) => reason === 'DeploymentPaused'),
      );
      stage.note('paused', [conditions(paused), counts(paused)]);
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), { spec: { paused: null } });
      stage.note('resumed', conditions(await rolledOut(stage, 'web', 2)));
    },
  },
  {
    name: 'scale by its subresource: Scale, owners, count',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web', { replicas: 1 }));
      await rolledOut(stage, 'web', 1);
      await stage.see('get', 'GET', `${apps(stage, 'deployments', 'web')}/scale`);
      const patch = { spec: { replicas: 3 } };
      const url = `${apps(stage, 'deployments', 'web')}/scale?fieldManager=scaler`;
      const { status: code, body } = await stage.send('PATCH', url, patch);
      stage.note('patch', [code, at(body, 'kind') ?? '', at(body, 'spec') ?? null]);
      const done = await rolledOut(stage, 'web', 3);
      const owners = objectsOf(at(done, 'metadata', 'managedFields')).filter(
        (it) => it.manager === 'scaler',
      );
      stage.note('owners', owners);
      const stale = { ...body, spec: { replicas: 1 } };
      await stage.see('stale', 'PUT', url, stale);
      await stage.see('no scale', 'GET', `${stage.core('configmaps', 'kube-root-ca.crt')}/scale`);
    },
  },
  {
    name: 'Recreate: no old pod is left when the first new one comes',
    async play(stage) {
      const spec = { strategy: { type: 'Recreate' } };
      await stage.send(
        'POST',
        apps(stage, 'deployments'),
        deployment('web', { spec, pod: { terminationGracePeriodSeconds: 1 } }),
      );
      await rolledOut(stage, 'web', 2);
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), {
        spec: {
          template: {
            spec: {
              terminationGracePeriodSeconds: 1,
              containers: [{ name: 'web', image: 'local/web:2' }],
            },
          },
        },
      });
      stage.note('conditions', conditions(await rolledOut(stage, 'web', 2)));
    },
  },
  {
    name: 'endpoint slices: ready pods of the selector, by the resolved port',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web'));
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
      await stage.send('POST', stage.core('services'), {
        metadata: { name: 'web', labels: { app: 'web' } },
        spec: { selector: { app: 'web' }, ports },
      });
      await rolledOut(stage, 'web', 2);
      const slices = () =>
        stage.send(
          'GET',
          `${stage.named('discovery.k8s.io/v1', 'endpointslices')}?labelSelector=kubernetes.io%2Fservice-name%3Dweb`,
        );
      const [slice] = await stage.until('two endpoints', async () => {
        const found = items((await slices()).body);
        const ready = found
          .flatMap((it) => objectsOf(it.endpoints))
          .filter((it) => at(it, 'conditions', 'ready') === true);
        return ready.length === 2 ? found : undefined;
      });
      stage.note('slice', {
        labels: at(slice, 'metadata', 'labels') ?? null,
        owners: at(slice, 'metadata', 'ownerReferences') ?? null,
        type: at(slice, 'addressType') ?? null,
        ports: at(slice, 'ports') ?? null,
        endpoints: objectsOf(at(slice, 'endpoints')).map((it) => Object.keys(it).sort()),
        conditions: objectsOf(at(slice, 'endpoints')).map((it) => it.conditions ?? null),
      });
      await stage.send('PATCH', stage.core('services', 'web'), {
        spec: { selector: { app: 'nobody' } },
      });
      await stage.until('no endpoints', async () => {
        const found = items((await slices()).body);
        return found.every((it) => arrayOf(it.endpoints).length === 0) ? true : undefined;
      });
      stage.note('empty', true);
    },
  },
  {
    name: 'a StatefulSet makes its pods in order and ends them in reverse',
    async play(stage) {
      await stage.send('POST', apps(stage, 'statefulsets'), statefulSet('db'));
      const path = apps(stage, 'statefulsets', 'db');
      const up = await status(
        stage,
        path,
        (it) => it.availableReplicas === 2 && it.currentReplicas === 2,
      );
      stage.note('status', counts(up));
      const pods = async () => {
        const { body } = await stage.send('GET', `${stage.core('pods')}?labelSelector=app%3Ddb`);
        return items(body);
      };
      const made = (await pods()).map((it) => ({
        name: nameOf(it),
        labels: at(it, 'metadata', 'labels') ?? null,
        hostname: at(it, 'spec', 'hostname') ?? null,
        subdomain: at(it, 'spec', 'subdomain') ?? null,
      }));
      stage.note('pods', made);
      await stage.send('PATCH', path, { spec: { replicas: 1 } });
      await stage.until('one pod', async () => {
        const left = (await pods()).map(nameOf);
        return left.length === 1 ? left : undefined;
      });
      stage.note('left', (await pods()).map(nameOf));
    },
  },
  {
    name: 'a StatefulSet updates from its highest number down to the partition',
    async play(stage) {
      await stage.send('POST', apps(stage, 'statefulsets'), statefulSet('db', { replicas: 3 }));
      const path = apps(stage, 'statefulsets', 'db');
      await status(stage, path, (it) => it.availableReplicas === 3 && it.currentReplicas === 3);
      const template = podTemplate('db', {
        image: 'local/web:2',
        pod: { terminationGracePeriodSeconds: 0 },
      });
      const updateStrategy = { rollingUpdate: { partition: 1 } };
      await stage.send('PATCH', path, { spec: { template, updateStrategy } });
      const done = await status(
        stage,
        path,
        (it) => it.updatedReplicas === 2 && it.availableReplicas === 3,
      );
      const { currentRevision, updateRevision, ...rest } = counts(done);
      stage.note('status', [rest, currentRevision === updateRevision]);
      const { body } = await stage.send('GET', `${stage.core('pods')}?labelSelector=app%3Ddb`);
      stage.note(
        'images',
        items(body).map((it) => [nameOf(it), String(at(it, 'spec', 'containers', 0, 'image'))]),
      );
      const { body: revisions } = await stage.send('GET', apps(stage, 'controllerrevisions'));
      stage.note(
        'revisions',
        items(revisions)
          .map((it) => Number(it.revision))
          .sort(),
      );
    },
  },
  {
    name: 'a DaemonSet has one pod on each node',
    async play(stage) {
      const spec = { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent') };
      await stage.send('POST', apps(stage, 'daemonsets'), { metadata: { name: 'agent' }, spec });
      const done = await status(
        stage,
        apps(stage, 'daemonsets', 'agent'),
        (it) => it.numberAvailable === 3,
      );
      stage.note('status', counts(done));
      const { body } = await stage.send('GET', stage.core('pods'));
      const nodes = new Set(items(body).map((it) => String(at(it, 'spec', 'nodeName'))));
      stage.note('nodes', nodes.size);
      const [pod] = items(body);
      stage.note(
        'tolerations',
        objectsOf(at(pod, 'spec', 'tolerations'))
          .map((it) => `${String(it.key)}:${String(it.effect)}`)
          .sort(),
      );
    },
  },
  {
    name: 'a Job completes, one that fails too often fails',
    async play(stage) {
      const jobs = stage.named('batch/v1', 'jobs');
      await stage.see('stored', 'POST', `${jobs}?dryRun=All`, job('good', ['true']));
      await stage.send('POST', jobs, job('good', ['true'], { completions: 2 }));
      const good = await jobEnd(stage, 'good');
      const { startTime, completionTime, ...rest } = counts(good);
      stage.note('good', [
        rest,
        startTime !== undefined,
        completionTime !== undefined,
        conditions(good),
      ]);
      await stage.send('POST', jobs, job('bad', ['false'], { backoffLimit: 0 }));
      const bad = await jobEnd(stage, 'bad');
      stage.note('bad', [at(bad, 'status', 'failed') ?? 0, conditions(bad)]);
    },
  },
  {
    name: 'a suspended Job makes no pods',
    async play(stage) {
      await stage.send(
        'POST',
        stage.named('batch/v1', 'jobs'),
        job('later', ['true'], { suspend: true }),
      );
      const path = stage.named('batch/v1', 'jobs', 'later');
      const held = await stage.until('Suspended', async () => {
        const { body } = await stage.send('GET', path);
        return conditions(body).some(([type]) => type === 'Suspended') ? body : undefined;
      });
      stage.note('held', conditions(held));
      await stage.send('PATCH', path, { spec: { suspend: false } });
      stage.note('done', (await jobEnd(stage, 'later')).kind ?? '');
    },
  },
];
