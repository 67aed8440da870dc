import { at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { config } from './objects.ts';

const maps = (stage: Stage, name?: string) => stage.core('configmaps', name);

async function owned(stage: Stage, block = true): Promise<void> {
  const { body } = await stage.send('POST', maps(stage), config('owner'));
  const reference = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'owner',
    uid: String(at(body, 'metadata', 'uid')),
    ...(block ? { blockOwnerDeletion: true } : {}),
  };
  const more = { ownerReferences: [reference] };
  await stage.send('POST', maps(stage), config('child', {}, more));
}

async function gone(stage: Stage, name: string): Promise<void> {
  await stage.until(
    `${name} to go`,
    async () => (await stage.send('GET', maps(stage, name))).status === 404,
  );
}

const summary = ({ body, status }: { body: JsonObject; status: number }) => ({
  status,
  finalizers: at(body, 'metadata', 'finalizers') ?? null,
  deleting: at(body, 'metadata', 'deletionTimestamp') !== undefined,
  grace: at(body, 'metadata', 'deletionGracePeriodSeconds') ?? null,
});

/** Finalizers, owners, and the ways of garbage collection. */
export const DELETION: readonly Behaviour[] = [
  {
    name: 'a finalizer holds an object until it is taken away',
    async play(stage) {
      await stage.send(
        'POST',
        maps(stage),
        config('web', {}, { finalizers: ['example.com/hold'] }),
      );
      await stage.see('delete', 'DELETE', maps(stage, 'web'));
      stage.note('held', summary(await stage.send('GET', maps(stage, 'web'))));
      stage.note('again', summary(await stage.send('DELETE', maps(stage, 'web'))));
      const patch = { metadata: { finalizers: null } };
      stage.note('freed', summary(await stage.send('PATCH', maps(stage, 'web'), patch)));
      await gone(stage, 'web');
      stage.note('gone', true);
    },
  },
  {
    name: 'what is being deleted takes no new finalizer',
    async play(stage) {
      await stage.send(
        'POST',
        maps(stage),
        config('web', {}, { finalizers: ['example.com/hold'] }),
      );
      await stage.send('DELETE', maps(stage, 'web'));
      const finalizers = ['example.com/hold', 'example.com/more'];
      await stage.see('more', 'PATCH', maps(stage, 'web'), { metadata: { finalizers } });
      await stage.send('PATCH', maps(stage, 'web'), { metadata: { finalizers: null } });
    },
  },
  {
    name: 'Background: the owner goes at once, its child after it',
    async play(stage) {
      await owned(stage);
      await stage.see('delete', 'DELETE', maps(stage, 'owner'), {
        propagationPolicy: 'Background',
      });
      await gone(stage, 'child');
      stage.note('gone', true);
    },
  },
  {
    name: 'Foreground: the owner waits for its child',
    async play(stage) {
      await owned(stage);
      const hold = { metadata: { finalizers: ['example.com/hold'] } };
      await stage.send('PATCH', maps(stage, 'child'), hold);
      const answer = await stage.send('DELETE', maps(stage, 'owner'), {
        propagationPolicy: 'Foreground',
      });
      stage.note('delete', summary(answer));
      await stage.until('the child to be deleted', async () => {
        const { body } = await stage.send('GET', maps(stage, 'child'));
        return at(body, 'metadata', 'deletionTimestamp') !== undefined;
      });
      stage.note('owner waits', summary(await stage.send('GET', maps(stage, 'owner'))));
      await stage.send('PATCH', maps(stage, 'child'), { metadata: { finalizers: null } });
      await gone(stage, 'owner');
      stage.note('gone', true);
    },
  },
  {
    name: 'Orphan: the child stays and forgets its owner',
    async play(stage) {
      await owned(stage);
      const answer = await stage.send('DELETE', maps(stage, 'owner'), {
        propagationPolicy: 'Orphan',
      });
      stage.note('delete', summary(answer));
      await gone(stage, 'owner');
      const { body, status } = await stage.send('GET', maps(stage, 'child'));
      stage.note('child', [status, at(body, 'metadata', 'ownerReferences') ?? null]);
    },
  },
  {
    name: 'a child of an owner that never was is collected',
    async play(stage) {
      const uid = '11111111-2222-3333-4444-555555555555';
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid };
      await stage.send('POST', maps(stage), config('child', {}, { ownerReferences: [reference] }));
      await gone(stage, 'child');
      stage.note('gone', true);
    },
  },
  {
    name: 'of two owners one is enough',
    async play(stage) {
      await owned(stage);
      const { body } = await stage.send('POST', maps(stage), config('second'));
      const { body: child } = await stage.send('GET', maps(stage, 'child'));
      const references = objectsOf(at(child, 'metadata', 'ownerReferences'));
      const second = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: 'second',
        uid: String(at(body, 'metadata', 'uid')),
      };
      await stage.send('PATCH', maps(stage, 'child'), {
        metadata: { ownerReferences: [...references, second] },
      });
      await stage.send('DELETE', maps(stage, 'owner'));
      const left = await stage.until('one owner left', async () => {
        const { body: now } = await stage.send('GET', maps(stage, 'child'));
        const owners = objectsOf(at(now, 'metadata', 'ownerReferences'));
        return owners.length === 1 ? owners.map((it) => String(it.name)) : undefined;
      });
      stage.note('owners', left);
    },
  },
  {
    name: 'a namespace empties itself and goes',
    async play(stage) {
      const name = `${stage.namespace}-inner`;
      await stage.send('POST', '/api/v1/namespaces', { metadata: { name } });
      const held = config('web', {}, { finalizers: ['example.com/hold'] });
      await stage.send('POST', `/api/v1/namespaces/${name}/configmaps`, held);
      const { status, body } = await stage.send('DELETE', `/api/v1/namespaces/${name}`);
      stage.note('delete', [status, at(body, 'status', 'phase') ?? '']);
      await stage.see(
        'create in it',
        'POST',
        `/api/v1/namespaces/${name}/configmaps`,
        config('late'),
      );
      const free = { metadata: { finalizers: null } };
      await stage.send('PATCH', `/api/v1/namespaces/${name}/configmaps/web`, free);
      await stage.until('the namespace to go', async () => {
        return (await stage.send('GET', `/api/v1/namespaces/${name}`)).status === 404;
      });
      stage.note('gone', true);
    },
  },
];
