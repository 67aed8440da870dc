import { at, type Json } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';

export const config = (name: string, data: Record<string, Json> = { a: '1' }, more = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
});

const maps = (stage: Stage, name?: string) => stage.core('configmaps', name);

/** Create, read, update, delete, and their refusals. */
export const OBJECTS: readonly Behaviour[] = [
  {
    name: 'create, get, replace and delete a ConfigMap',
    async play(stage) {
      const made = await stage.see('create', 'POST', maps(stage), config('web'));
      await stage.see('get', 'GET', maps(stage, 'web'));
      const body = { ...made.body, data: { b: '2' } };
      await stage.see('replace', 'PUT', maps(stage, 'web'), body);
      await stage.see('delete', 'DELETE', maps(stage, 'web'));
      await stage.see('get again', 'GET', maps(stage, 'web'));
    },
  },
  {
    name: 'create of what exists is 409 AlreadyExists',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web'));
      await stage.see('again', 'POST', maps(stage), config('web'));
    },
  },
  {
    name: 'generateName makes a name',
    async play(stage) {
      const metadata = { generateName: 'web-' };
      const { status, body } = await stage.send('POST', maps(stage), { metadata });
      const name = String(at(body, 'metadata', 'name'));
      stage.note('made', [status, /^web-[a-z0-9]{5}$/.test(name)]);
    },
  },
  {
    name: 'create without a name is 422',
    play: async (stage) => void (await stage.see('create', 'POST', maps(stage), { metadata: {} })),
  },
  {
    name: 'create with a resourceVersion is 400',
    async play(stage) {
      const body = config('web', {}, { resourceVersion: '7' });
      await stage.see('create', 'POST', maps(stage), body);
    },
  },
  {
    name: 'create in a namespace that is not there is 404',
    async play(stage) {
      await stage.see('create', 'POST', '/api/v1/namespaces/no-such/configmaps', config('web'));
    },
  },
  {
    name: 'create under another namespace than the body names is 400',
    async play(stage) {
      const body = config('web', {}, { namespace: 'elsewhere' });
      await stage.see('create', 'POST', maps(stage), body);
    },
  },
  {
    name: 'a bad name and bad labels are 422 with causes',
    async play(stage) {
      await stage.see('name', 'POST', maps(stage), config('Web_1'));
      const body = config('web', {}, { labels: { 'a b': 'x', ok: 'not ok' } });
      await stage.see('labels', 'POST', maps(stage), body);
    },
  },
  {
    name: 'get, replace, patch and delete of nothing are 404',
    async play(stage) {
      await stage.see('get', 'GET', maps(stage, 'no'));
      await stage.see('put', 'PUT', maps(stage, 'no'), config('no'));
      await stage.see('patch', 'PATCH', maps(stage, 'no'), { data: {} });
      await stage.see('delete', 'DELETE', maps(stage, 'no'));
    },
  },
  {
    name: 'a resource that is not served is 404',
    async play(stage) {
      await stage.see('unknown', 'GET', stage.core('gadgets'));
      const { status } = await stage.send('GET', '/apis/no.such/v1/gadgets');
      stage.note('group', status);
    },
  },
  {
    name: 'a method that a path does not have is 405',
    async play(stage) {
      await stage.see('put', 'PUT', maps(stage), config('web'));
      await stage.see('post', 'POST', maps(stage, 'web'), config('web'));
    },
  },
  {
    name: 'a stale resourceVersion is 409 Conflict',
    async play(stage) {
      const { body } = await stage.send('POST', maps(stage), config('web'));
      await stage.send('PATCH', maps(stage, 'web'), { data: { b: '2' } });
      await stage.see('put', 'PUT', maps(stage, 'web'), body);
      const metadata = { resourceVersion: String(at(body, 'metadata', 'resourceVersion')) };
      await stage.see('patch', 'PATCH', maps(stage, 'web'), { metadata, data: { c: '3' } });
    },
  },
  {
    name: 'another uid is 409 Conflict',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web'));
      const metadata = { uid: '11111111-2222-3333-4444-555555555555' };
      await stage.see('patch', 'PATCH', maps(stage, 'web'), { metadata, data: { c: '3' } });
      await stage.see('put', 'PUT', maps(stage, 'web'), config('web', {}, metadata));
    },
  },
  {
    name: 'delete with preconditions that fail is 409',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web'));
      const uid = '11111111-2222-3333-4444-555555555555';
      await stage.see('uid', 'DELETE', maps(stage, 'web'), { preconditions: { uid } });
      const preconditions = { resourceVersion: '1' };
      await stage.see('version', 'DELETE', maps(stage, 'web'), { preconditions });
      await stage.see('still there', 'GET', maps(stage, 'web'));
    },
  },
  {
    name: 'delete with preconditions that hold deletes',
    async play(stage) {
      const { body } = await stage.send('POST', maps(stage), config('web'));
      const preconditions = {
        uid: String(at(body, 'metadata', 'uid')),
        resourceVersion: String(at(body, 'metadata', 'resourceVersion')),
      };
      await stage.see('delete', 'DELETE', maps(stage, 'web'), { preconditions });
    },
  },
  {
    name: 'a write that changes nothing makes no new version',
    async play(stage) {
      const { body } = await stage.send('POST', maps(stage), config('web'));
      const again = await stage.send('PATCH', maps(stage, 'web'), { data: { a: '1' } });
      const version = (it: Json) => at(it, 'metadata', 'resourceVersion');
      stage.note('same', version(body) === version(again.body));
    },
  },
  {
    name: 'dry run of every verb stores nothing',
    async play(stage) {
      const all = '?dryRun=All';
      await stage.see('create', 'POST', `${maps(stage)}${all}`, config('web'));
      await stage.see('not there', 'GET', maps(stage, 'web'));
      await stage.send('POST', maps(stage), config('web'));
      await stage.see('patch', 'PATCH', `${maps(stage, 'web')}${all}`, { data: { b: '2' } });
      await stage.see('delete by query', 'DELETE', `${maps(stage, 'web')}${all}`);
      await stage.see('delete by body', 'DELETE', maps(stage, 'web'), { dryRun: ['All'] });
      await stage.see('unchanged', 'GET', maps(stage, 'web'));
    },
  },
  {
    name: 'dryRun of another word is 422',
    async play(stage) {
      const { status } = await stage.send('POST', `${maps(stage)}?dryRun=Some`, config('web'));
      stage.note('status', status);
    },
  },
  {
    name: 'an unknown field is refused when strict, and dropped with a warning otherwise',
    async play(stage) {
      const body = { ...config('web'), datas: { a: '1' } };
      await stage.see('strict', 'POST', `${maps(stage)}?fieldValidation=Strict`, body);
      const warned = await stage.see('warn', 'POST', `${maps(stage)}?fieldValidation=Warn`, body);
      stage.note('warning', (warned.headers.warning ?? '').includes('unknown field'));
      const patch = { dataz: { b: '2' } };
      await stage.see('patch', 'PATCH', `${maps(stage, 'web')}?fieldValidation=Strict`, patch);
    },
  },
  {
    name: 'a value of the wrong type is 400',
    async play(stage) {
      await stage.see('create', 'POST', maps(stage), { metadata: { name: 'web' }, data: { a: 1 } });
      await stage.see('list', 'POST', maps(stage), { metadata: { name: 'web' }, data: ['a'] });
    },
  },
  {
    name: 'a body that is no JSON is 400, another media type 415',
    async play(stage) {
      await stage.see('broken', 'POST', maps(stage), '{"metadata":');
      await stage.see('xml', 'POST', maps(stage), '<a/>', { contentType: 'application/xml' });
      await stage.send('POST', maps(stage), config('web'));
      const contentType = 'application/json';
      await stage.see('patch', 'PATCH', maps(stage, 'web'), { data: {} }, { contentType });
    },
  },
  {
    name: 'a body of another kind is 400',
    async play(stage) {
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' } };
      await stage.see('create', 'POST', maps(stage), body);
      const other = { ...config('web'), apiVersion: 'v2' };
      await stage.see('version', 'POST', maps(stage), other);
    },
  },
  {
    name: 'an immutable ConfigMap stays as it is',
    async play(stage) {
      await stage.send('POST', maps(stage), { ...config('web'), immutable: true });
      await stage.see('data', 'PATCH', maps(stage, 'web'), { data: { b: '2' } });
      await stage.see('mutable', 'PATCH', maps(stage, 'web'), { immutable: false });
    },
  },
  {
    name: 'a Secret takes stringData and gives base64',
    async play(stage) {
      const body = { metadata: { name: 'web' }, stringData: { password: 'x' } };
      await stage.see('create', 'POST', stage.core('secrets'), body);
    },
  },
  {
    name: 'delete of a collection by label',
    async play(stage) {
      for (const name of ['one', 'two']) {
        await stage.send('POST', maps(stage), config(name, {}, { labels: { go: 'yes' } }));
      }
      await stage.send('POST', maps(stage), config('three'));
      await stage.send('DELETE', `${maps(stage)}?labelSelector=go%3Dyes`);
      const { body } = await stage.send('GET', maps(stage));
      const items = at(body, 'items');
      const names = Array.isArray(items) ? items.map((it) => at(it, 'metadata', 'name') ?? '') : [];
      stage.note(
        'left',
        names.filter((it) => it !== 'kube-root-ca.crt'),
      );
    },
  },
];
