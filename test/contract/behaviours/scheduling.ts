import { at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour } from '../types.ts';
import { deployment } from './manifests.ts';
import {
  budget,
  condition,
  eviction,
  pods,
  ready,
  twoReady,
  unschedulable,
} from './pod-helpers.ts';

/** Where pods may run, and who may send them away. */
export const SCHEDULING: readonly Behaviour[] = [
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
];
