import { arrayOf, at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour } from '../types.ts';
import { deployment } from './manifests.ts';
import { apps, conditions, counts, items, nameOf, rolledOut, status } from './watching.ts';

/** Deployments and what follows from them. */
export const ROLLOUTS: readonly Behaviour[] = [
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
    name: 'scaled down, a Deployment loses the pods of the lowest deletion cost',
    async play(stage) {
      await stage.send('POST', apps(stage, 'deployments'), deployment('web', { replicas: 4 }));
      await rolledOut(stage, 'web', 4);
      const pods = async () => {
        const { body } = await stage.send('GET', `${stage.core('pods')}?labelSelector=app%3Dweb`);
        return items(body)
          .filter((it) => at(it, 'metadata', 'deletionTimestamp') === undefined)
          .map(nameOf)
          .sort();
      };
      const all = await pods();
      // Neither the first nor the last of any order.
      const [low, high] = [all.slice(1, 3), [...all.slice(0, 1), ...all.slice(3)]];
      for (const name of low) {
        const annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-5' };
        await stage.send('PATCH', stage.core('pods', name), { metadata: { annotations } });
      }
      await stage.send('PATCH', apps(stage, 'deployments', 'web'), { spec: { replicas: 2 } });
      await rolledOut(stage, 'web', 2);
      stage.note('the others are left', JSON.stringify(await pods()) === JSON.stringify(high));
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
];
