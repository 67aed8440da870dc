import { setTimeout as sleep } from 'node:timers/promises';
import { at, type JsonObject } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { pod, pods, ready, seen, unschedulable } from './pod-helpers.ts';

const claims = (stage: Stage, name?: string) => stage.core('persistentvolumeclaims', name);
const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }];

/** Claims, their volumes, and what keeps them. */
export const CLAIMS: readonly Behaviour[] = [
  {
    name: 'a claim binds to its volume, and stays while a pod uses it',
    async play(stage) {
      const claim = await boundClaim(stage);
      stage.note('claim', [
        claim.status ?? null,
        at(claim, 'metadata', 'annotations') ?? null,
        at(claim, 'metadata', 'finalizers') ?? null,
      ]);
      await stage.send('POST', pods(stage), pod('web', { volumes }));
      await seen(stage, 'web', ready);
      const { status, body } = await stage.send('DELETE', claims(stage, 'data'));
      stage.note('delete', [
        status,
        body.kind ?? '',
        at(body, 'metadata', 'deletionTimestamp') !== undefined,
      ]);
      await stage.send('DELETE', pods(stage, 'web'), { gracePeriodSeconds: 0 });
      await claimGone(stage);
      const volume = `/api/v1/persistentvolumes/${stage.namespace}`;
      const released = await stage.until('Released', async () => {
        const { body: found } = await stage.send('GET', volume);
        return at(found, 'status', 'phase') === 'Released' ? true : undefined;
      });
      stage.note('released', released);
      await stage.send('DELETE', volume);
    },
  },
  {
    name: 'a claim that is being deleted gets no pod a node, and no pod without one keeps it',
    async play(stage) {
      await boundClaim(stage);
      await stage.send('POST', pods(stage), pod('web', { volumes }));
      await seen(stage, 'web', ready);
      await stage.send('DELETE', claims(stage, 'data'));
      await unschedulable(stage, 'late', { volumes });
      await stage.send('DELETE', pods(stage, 'web'), { gracePeriodSeconds: 0 });
      await claimGone(stage);
      const { status, body } = await stage.send('GET', pods(stage, 'late'));
      stage.note('late waits on', [
        status,
        at(body, 'status', 'phase') ?? '',
        at(body, 'spec', 'nodeName') ?? '',
      ]);
      await stage.send('DELETE', `/api/v1/persistentvolumes/${stage.namespace}`);
    },
  },
  {
    name: 'a claim without a volume keeps its pod waiting',
    async play(stage) {
      await stage.send('POST', claims(stage), {
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: `${stage.namespace}-none`,
          resources: { requests: { storage: '1Gi' } },
        },
      });
      await unschedulable(stage, 'web', { volumes });
    },
  },
  {
    name: 'a pod that has finished keeps its claim until it is deleted',
    async play(stage) {
      await boundClaim(stage);
      const containers = [{ name: 'web', image: 'local/web:1', command: ['true'] }];
      const spec = { volumes, containers, restartPolicy: 'Never' };
      await stage.send('POST', pods(stage), pod('web', spec));
      await seen(stage, 'web', (it) => at(it, 'status', 'phase') === 'Succeeded');
      await stage.send('DELETE', claims(stage, 'data'));
      // Nothing says that it will not go: it had the time.
      await sleep(2000);
      const { status, body } = await stage.send('GET', claims(stage, 'data'));
      stage.note('kept', [status, at(body, 'metadata', 'finalizers') ?? null]);
      await stage.send('DELETE', pods(stage, 'web'));
      await claimGone(stage);
      stage.note('gone', true);
      await stage.send('DELETE', `/api/v1/persistentvolumes/${stage.namespace}`);
    },
  },
];

/** The claim `data`, once it has its volume. */
async function boundClaim(stage: Stage): Promise<JsonObject> {
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
  await stage.send('POST', claims(stage), {
    metadata: { name: 'data' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      volumeName: name,
      resources: { requests: capacity },
    },
  });
  return stage.until('Bound', async () => {
    const { body } = await stage.send('GET', claims(stage, 'data'));
    return at(body, 'status', 'phase') === 'Bound' ? body : undefined;
  });
}

async function claimGone(stage: Stage): Promise<void> {
  await stage.until(
    'the claim to go',
    async () => (await stage.send('GET', claims(stage, 'data'))).status === 404,
  );
}
