import { at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour } from '../types.ts';
import { condition, pod, pods, ready, seen } from './pod-helpers.ts';

/** Pods on nodes, their logs and volumes. */
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
  {
    name: 'what only a real cluster does: tokens of accounts, commands in containers',
    async play(stage) {
      const spec = { expirationSeconds: 600 };
      const { status } = await stage.send('POST', stage.core('serviceaccounts', 'default/token'), {
        spec,
      });
      stage.note('token', status);
      const exec = await stage.send('GET', `${pods(stage, 'web')}/exec?command=ls`);
      stage.note('exec', exec.status);
    },
    differs: 'the embedded one answers 501 and says that it is a simulation',
  },
];
