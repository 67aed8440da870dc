import { arrayOf, at, type Json, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Behaviour, Stage } from '../types.ts';
import { podTemplate } from './manifests.ts';
import { config } from './objects.ts';

const maps = (stage: Stage, name?: string) => stage.core('configmaps', name);
const namesOf = (body: Json) =>
  objectsOf(at(body, 'items')).map((it) => String(at(it, 'metadata', 'name')));
const own = (names: readonly string[]) => names.filter((it) => it !== 'kube-root-ca.crt');
const eventsOf = (events: readonly JsonObject[]) =>
  events
    .filter((it) => at(it, 'object', 'metadata', 'name') !== 'kube-root-ca.crt')
    .map((it) => [String(it.type), String(at(it, 'object', 'metadata', 'name') ?? '')]);
const versionOf = (body: Json) => String(at(body, 'metadata', 'resourceVersion'));
const PARTIAL = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

async function make(stage: Stage, ...names: string[]): Promise<void> {
  for (const name of names) {
    const labels = { app: name, tier: name < 'c' ? 'front' : 'back' };
    await stage.send('POST', maps(stage), config(name, { a: '1' }, { labels }));
  }
}

async function tableOf(stage: Stage, what: string, path: string): Promise<void> {
  const { body } = await stage.send('GET', path, undefined, TABLE);
  const columns = objectsOf(body.columnDefinitions);
  stage.note(what, {
    kind: body.kind,
    columns: columns.map((it) => [it.name ?? '', it.type ?? '', it.priority ?? 0]),
    rows: objectsOf(body.rows).map((row) => ({
      // What is left are ages and addresses.
      cells: arrayOf(row.cells).filter(
        (_, index) => !/Age|IP|Seen|Node$/.test(String(columns[index]?.name)),
      ),
      object: at(row.object, 'kind') ?? null,
    })),
  });
}

/** Lists, selectors, pages, tables, metadata only, watches, discovery. */
export const READS: readonly Behaviour[] = [
  {
    name: 'a list has its kind and version, its items neither',
    async play(stage) {
      await make(stage, 'one');
      await stage.see('list', 'GET', `${maps(stage)}?labelSelector=app%3Done`);
    },
  },
  {
    name: 'label selectors: equality, sets, existence',
    async play(stage) {
      await make(stage, 'a', 'b', 'c', 'd');
      for (const selector of [
        'app=a',
        'app==b',
        'app!=a,tier',
        'app in (a,c)',
        'app notin (a,c)',
        '!tier',
        'tier=front,app!=a',
      ]) {
        const { body } = await stage.send(
          'GET',
          `${maps(stage)}?labelSelector=${encodeURIComponent(selector)}`,
        );
        stage.note(selector, own(namesOf(body)));
      }
    },
  },
  {
    name: 'field selectors: by name, and one that is not supported',
    async play(stage) {
      await make(stage, 'a', 'b');
      const { body } = await stage.send('GET', `${maps(stage)}?fieldSelector=metadata.name%3Da`);
      stage.note('name', namesOf(body));
      const other = await stage.send('GET', `${maps(stage)}?fieldSelector=metadata.name!%3Da`);
      stage.note('not name', own(namesOf(other.body)));
      await stage.see('unsupported', 'GET', `${maps(stage)}?fieldSelector=data.a%3D1`);
    },
  },
  {
    name: 'a selector that is none is 400',
    async play(stage) {
      const selector = encodeURIComponent('app in a');
      await stage.see('label', 'GET', `${maps(stage)}?labelSelector=${selector}`);
      await stage.see('field', 'GET', `${maps(stage)}?fieldSelector=nonsense`);
    },
  },
  {
    name: 'pages by limit and continue are of one moment',
    async play(stage) {
      await make(stage, 'a', 'b', 'c', 'd', 'e');
      const first = await stage.send('GET', `${maps(stage)}?limit=2`);
      stage.note('first', [
        namesOf(first.body),
        at(first.body, 'metadata', 'remainingItemCount') ?? 0,
      ]);
      await make(stage, 'f');
      await stage.send('DELETE', maps(stage, 'c'));
      const token = encodeURIComponent(String(at(first.body, 'metadata', 'continue')));
      const second = await stage.send('GET', `${maps(stage)}?limit=10&continue=${token}`);
      stage.note('second', [
        own(namesOf(second.body)),
        at(second.body, 'metadata', 'continue') ?? '',
      ]);
      stage.note('version', versionOf(first.body) === versionOf(second.body));
      await stage.see('no token', 'GET', `${maps(stage)}?limit=2&continue=nonsense`);
    },
  },
  {
    name: 'a list of metadata only',
    async play(stage) {
      await make(stage, 'a');
      const { body } = await stage.send(
        'GET',
        `${maps(stage)}?labelSelector=app%3Da`,
        undefined,
        PARTIAL,
      );
      stage.note('list', {
        kind: body.kind,
        items: objectsOf(body.items).map((it) => Object.keys(it).sort()),
      });
    },
  },
  {
    name: 'tables of kinds at rest',
    async play(stage) {
      await make(stage, 'a');
      await stage.send('POST', stage.core('secrets'), {
        metadata: { name: 's' },
        stringData: { a: 'b' },
      });
      const budget = { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: {} } };
      await stage.send('POST', stage.named('policy/v1', 'poddisruptionbudgets'), budget);
      const service = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
      await stage.send('POST', stage.core('services'), service);
      await tableOf(stage, 'configmaps', `${maps(stage)}?labelSelector=app`);
      await tableOf(stage, 'secrets', stage.core('secrets'));
      await tableOf(stage, 'budgets', stage.named('policy/v1', 'poddisruptionbudgets'));
      await tableOf(stage, 'services', stage.core('services'));
    },
  },
  {
    name: 'columns of every workload',
    async play(stage) {
      for (const plural of ['deployments', 'replicasets', 'statefulsets', 'daemonsets']) {
        await tableOf(stage, plural, stage.named('apps/v1', plural));
      }
      await tableOf(stage, 'jobs', stage.named('batch/v1', 'jobs'));
      await tableOf(stage, 'pods', stage.core('pods'));
      await tableOf(stage, 'claims', stage.core('persistentvolumeclaims'));
      await tableOf(stage, 'slices', stage.named('discovery.k8s.io/v1', 'endpointslices'));
    },
  },
  {
    name: 'a watch from a version tells what comes after it, in order',
    async play(stage) {
      const { body } = await stage.send('GET', maps(stage));
      await make(stage, 'a', 'b');
      await stage.send('PATCH', maps(stage, 'a'), { data: { b: '2' } });
      await stage.send('DELETE', maps(stage, 'b'));
      const url = `${maps(stage)}?watch=true&resourceVersion=${versionOf(body)}`;
      stage.note('events', eventsOf(await stage.watch(url, (seen) => seen.length >= 4)));
    },
  },
  {
    name: 'a watch without a version begins with all there is',
    async play(stage) {
      await make(stage, 'a', 'b');
      const url = `${maps(stage)}?watch=1&labelSelector=app`;
      stage.note('events', eventsOf(await stage.watch(url, (seen) => seen.length >= 2)));
    },
  },
  {
    name: 'a watch with a selector: what comes into it is ADDED, what leaves it DELETED',
    async play(stage) {
      const { body } = await stage.send('GET', maps(stage));
      await make(stage, 'a');
      await stage.send('PATCH', maps(stage, 'a'), { metadata: { labels: { app: 'x' } } });
      await stage.send('PATCH', maps(stage, 'a'), { data: { z: '1' } });
      await stage.send('PATCH', maps(stage, 'a'), { metadata: { labels: { app: 'y' } } });
      await stage.send('PATCH', maps(stage, 'a'), { metadata: { labels: { app: 'x' } } });
      const url = `${maps(stage)}?watch=true&resourceVersion=${versionOf(body)}&labelSelector=app%3Dx`;
      stage.note('events', eventsOf(await stage.watch(url, (seen) => seen.length >= 4)));
    },
  },
  {
    name: 'a streaming list ends with a bookmark',
    async play(stage) {
      await make(stage, 'a');
      const url = `${maps(stage)}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=app`;
      const events = await stage.watch(url, (seen) => seen.some((it) => it.type === 'BOOKMARK'));
      stage.note('events', eventsOf(events));
      const last = events.at(-1) ?? {};
      stage.note('mark', at(last, 'object', 'metadata', 'annotations') ?? null);
    },
  },
  {
    name: 'pods by node and by phase',
    async play(stage) {
      const pod = {
        metadata: { name: 'web' },
        spec: { ...podSpec(), nodeSelector: { none: 'such' } },
      };
      await stage.send('POST', stage.core('pods'), pod);
      const find = async (selector: string) => {
        const { body } = await stage.send(
          'GET',
          `${stage.core('pods')}?fieldSelector=${encodeURIComponent(selector)}`,
        );
        return namesOf(body);
      };
      stage.note('no node', await find('spec.nodeName='));
      stage.note('a node', await find('spec.nodeName!='));
      stage.note('pending', await find('status.phase=Pending'));
      stage.note('running', await find('status.phase=Running'));
    },
  },
  {
    name: 'resources of a group as discovery lists them',
    async play(stage) {
      for (const group of ['/apis/apps/v1', '/apis/policy/v1', '/apis/discovery.k8s.io/v1']) {
        const { body } = await stage.send('GET', group);
        const resources = objectsOf(body.resources).map(
          ({ storageVersionHash: _hash, group: _group, version: _version, ...rest }) => rest,
        );
        resources.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
        stage.note(group, resources);
      }
    },
  },
  {
    name: 'reviews of oneself',
    async play(stage) {
      const resourceAttributes = { verb: 'delete', resource: 'pods', namespace: stage.namespace };
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const { status, body } = await stage.send('POST', path, review);
      stage.note('access', [status, body.kind ?? '', at(body, 'status', 'allowed') ?? false]);
      const rules = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectRulesReview',
        spec: { namespace: stage.namespace },
      };
      const answer = await stage.send(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        rules,
      );
      stage.note('rules', [answer.status, at(answer.body, 'status', 'incomplete') ?? true]);
    },
  },
];

function podSpec(): JsonObject {
  return podTemplate('web').spec as JsonObject;
}
