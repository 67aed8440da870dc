import { at, type Json, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { deployment } from './manifests.ts';
import { config } from './objects.ts';

const maps = (stage: Stage, name?: string) => stage.core('configmaps', name);
const deploys = (stage: Stage, name?: string) => stage.named('apps/v1', 'deployments', name);
const JSON_PATCH = { contentType: 'application/json-patch+json' };
const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };
const APPLY = { contentType: 'application/apply-patch+yaml' };

/** Sends a patch and keeps what its controller has no part in. */
async function seen(
  stage: Stage,
  what: string,
  url: string,
  body: Json,
  type: object,
): Promise<void> {
  const { status, body: object } = await stage.send('PATCH', url, body, type);
  const owners = objectsOf(at(object, 'metadata', 'managedFields'));
  stage.note(what, {
    status,
    spec: object.spec,
    labels: at(object, 'metadata', 'labels'),
    generation: at(object, 'metadata', 'generation'),
    owners: owners.filter((it) => it.manager !== 'kube-controller-manager'),
  });
}

const by = (manager: string, more = '') => `?fieldManager=${manager}${more}`;

async function applied(stage: Stage, what: string, url: string, body: Json): Promise<void> {
  await stage.see(what, 'PATCH', url, body, APPLY);
}

/** Patches of every type, and who owns what afterwards. */
export const PATCHES: readonly Behaviour[] = [
  {
    name: 'merge patch sets, adds and removes',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web', { a: '1', b: '2' }));
      const patch = { data: { a: null, c: '3' }, metadata: { labels: { x: 'y' } } };
      await stage.see('patch', 'PATCH', maps(stage, 'web'), patch);
    },
  },
  {
    name: 'a merge patch that is no object is 400',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web'));
      await stage.see('patch', 'PATCH', maps(stage, 'web'), ['a']);
    },
  },
  {
    name: 'JSON patch: add, replace, remove, move, copy, test',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web', { a: '1', b: '2', c: '3' }));
      const operations = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '9' },
        { op: 'remove', path: '/data/b' },
        { op: 'add', path: '/data/d', value: '4' },
        { op: 'copy', from: '/data/a', path: '/data/f' },
        { op: 'move', from: '/data/c', path: '/data/g' },
      ];
      await stage.see('patch', 'PATCH', maps(stage, 'web'), operations, JSON_PATCH);
    },
  },
  {
    name: 'JSON patch: a failed test, a missing path and a wrong form',
    async play(stage) {
      await stage.send('POST', maps(stage), config('web'));
      const send = (what: string, body: Json) =>
        stage.see(what, 'PATCH', maps(stage, 'web'), body, JSON_PATCH);
      await send('test', [{ op: 'test', path: '/data/a', value: '2' }]);
      await send('missing', [{ op: 'remove', path: '/data/z' }]);
      await send('object', { data: {} });
    },
  },
  {
    name: 'strategic merge of containers by name, env by name',
    async play(stage) {
      await stage.send('POST', deploys(stage), deployment('web', { replicas: 0 }));
      const container = {
        name: 'web',
        image: 'local/web:2',
        env: [{ name: 'MODE', value: 'x' }],
      };
      const patch = { spec: { template: { spec: { containers: [container] } } } };
      await seen(stage, 'patch', deploys(stage, 'web'), patch, STRATEGIC);
      const gone = { name: 'web', env: [{ name: 'MODE', $patch: 'delete' }] };
      const removal = { spec: { template: { spec: { containers: [gone] } } } };
      await seen(stage, 'delete', deploys(stage, 'web'), removal, STRATEGIC);
    },
  },
  {
    name: 'strategic merge: retainKeys, replace and finalizers',
    async play(stage) {
      await stage.send('POST', deploys(stage), deployment('web', { replicas: 0 }));
      const strategy = { $retainKeys: ['type'], type: 'Recreate' };
      await seen(stage, 'retain', deploys(stage, 'web'), { spec: { strategy } }, STRATEGIC);
      const labels = { $patch: 'replace', only: 'this' };
      await seen(stage, 'replace', deploys(stage, 'web'), { metadata: { labels } }, STRATEGIC);
    },
  },
  {
    name: 'server-side apply creates, changes and prunes what the applier left out',
    async play(stage) {
      const url = maps(stage, 'web') + by('one');
      await applied(stage, 'create', url, config('web', { a: '1', b: '2' }));
      await applied(stage, 'change', url, config('web', { a: '3', b: '2' }));
      await applied(stage, 'prune', url, config('web', { a: '3' }));
      await applied(stage, 'same', url, config('web', { a: '3' }));
    },
  },
  {
    name: 'server-side apply: a conflict names the manager; force takes the field',
    async play(stage) {
      await applied(
        stage,
        'one',
        maps(stage, 'web') + by('one'),
        config('web', { a: '1', b: '1' }),
      );
      const body = config('web', { a: '2' });
      await applied(stage, 'refused', maps(stage, 'web') + by('two'), body);
      await applied(stage, 'forced', maps(stage, 'web') + by('two', '&force=true'), body);
      await applied(stage, 'shared', maps(stage, 'web') + by('three'), body);
    },
  },
  {
    name: 'server-side apply over fields of an updater',
    async play(stage) {
      await stage.send('POST', `${maps(stage)}?fieldManager=editor`, config('web', { a: '1' }));
      await applied(stage, 'same value', maps(stage, 'web') + by('one'), config('web', { a: '1' }));
      await applied(
        stage,
        'other value',
        maps(stage, 'web') + by('one'),
        config('web', { a: '2' }),
      );
      const patch = { data: { a: '5' } };
      await stage.see('update', 'PATCH', maps(stage, 'web') + by('editor'), patch);
    },
  },
  {
    name: 'server-side apply of a Deployment: lists by key, then one container less',
    async play(stage) {
      const two = deployment('web', { replicas: 0, sidecar: true });
      await applied(stage, 'create', deploys(stage, 'web') + by('one'), two);
      const one = deployment('web', { replicas: 0 });
      await seen(stage, 'one less', deploys(stage, 'web') + by('one'), one, APPLY);
    },
  },
  {
    name: 'server-side apply by two managers of one list',
    async play(stage) {
      const one = deployment('web', { replicas: 0 });
      await applied(stage, 'create', deploys(stage, 'web') + by('one'), one);
      const env = [{ name: 'EXTRA', value: '1' }];
      const template = { spec: { containers: [{ name: 'web', env }] } };
      const partial = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
      const other = { ...partial, spec: { template } };
      await seen(stage, 'add env', deploys(stage, 'web') + by('two'), other, APPLY);
      await seen(stage, 'again', deploys(stage, 'web') + by('one'), one, APPLY);
      await seen(stage, 'leave', deploys(stage, 'web') + by('two'), partial, APPLY);
    },
  },
  {
    name: 'server-side apply without a manager, with managedFields, with unknown fields',
    async play(stage) {
      await applied(stage, 'no manager', maps(stage, 'web'), config('web'));
      const managedFields = [{ manager: 'x', operation: 'Apply', apiVersion: 'v1' }];
      const url = maps(stage, 'web') + by('one');
      await applied(stage, 'managed', url, config('web', {}, { managedFields }));
      const { status } = await stage.send(
        'PATCH',
        `${url}&fieldValidation=Strict`,
        { ...config('web'), zap: 1 },
        APPLY,
      );
      stage.note('unknown field', status >= 400);
      await stage.see('force of a merge', 'PATCH', `${url}&force=true`, { data: {} });
    },
  },
  {
    name: 'managedFields can be given in a patch, and cleared',
    async play(stage) {
      await stage.send('POST', `${maps(stage)}?fieldManager=one`, config('web', { a: '1' }));
      const entry = {
        manager: 'other',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      };
      const given = { metadata: { managedFields: [entry] } };
      await stage.see('given', 'PATCH', maps(stage, 'web') + by('two'), given);
      const cleared = { metadata: { managedFields: [{}] } };
      await stage.see('cleared', 'PATCH', maps(stage, 'web') + by('two'), cleared);
    },
  },
  {
    name: 'owners of an update: what changed, nothing else',
    async play(stage) {
      await stage.send('POST', deploys(stage) + by('maker'), deployment('web', { replicas: 0 }));
      const patch = { spec: { replicas: 0, revisionHistoryLimit: 3 } };
      await seen(stage, 'patch', deploys(stage, 'web') + by('editor'), patch, {});
      const labels = { metadata: { labels: { app: null, team: 'x' } } };
      await seen(stage, 'labels', deploys(stage, 'web') + by('editor'), labels, {});
    },
  },
];
