import type { JsonObject } from '../../../src/core/json.ts';
import type { Answer, Assistant } from '../../story/client.ts';
import {
  boundClaim,
  configMap,
  deployment,
  type Place,
  service,
  statefulSet,
} from './manifests.ts';
import { CLAIM, type Ref, VOLUME } from './objects.ts';

/** A change as a client makes it, from begin to end. */
export interface Flow {
  readonly name: string;
  /** What it may change; compared with before and after. */
  readonly objects: readonly Ref[];
  /** What is there before. */
  manifests(place: Place): object[];
  readonly workload?: Ref;
  /** Which of its objects somebody else edits meanwhile. */
  readonly edited: readonly Ref[];
  /** Done by a server that nobody kills, before. */
  prelude?(server: Assistant, place: Place): Promise<void>;
  run(server: Assistant, place: Place): Promise<void>;
  /** Another server of the same journal is there all the time, and takes over where the first one dies. */
  readonly standby?: boolean;
  /** Only one run of it at a time. */
  readonly alone?: boolean;
  /** Part of what CI runs. */
  readonly inCi?: boolean;
}

const SETTINGS: Ref = { kind: 'ConfigMap', name: 'settings' };
const WEB: Ref = { kind: 'Deployment', name: 'web' };
const DB: Ref = { kind: 'StatefulSet', name: 'db' };
const SHOP: Ref = { kind: 'Service', name: 'shop' };
const FRESH: Ref = { kind: 'ConfigMap', name: 'fresh' };
const FRESH_SERVICE: Ref = { kind: 'Service', name: 'fresh' };

type Call = [tool: string, args: JsonObject];

/** Tries again where another writer was faster: the answer says that nothing was changed. */
async function must(server: Assistant, tool: string, args: JsonObject): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await server.call(tool, args);
    const stale = answer.isError && answer.text.includes('[conflict]');
    if (!stale || attempt === 10) return answer;
  }
}

/** In one transaction, which commits only when every call went well. */
function within(
  end: 'commit' | 'abort',
  calls: (place: Place) => readonly Call[],
  { reduces = [], everywhere = false }: { reduces?: readonly Ref[]; everywhere?: boolean } = {},
): Flow['run'] {
  return async (server, place) => {
    const { namespace } = place;
    const begun = await server.call('transaction_begin', {
      reason: 'campaign',
      namespaces: everywhere ? ['*'] : [namespace],
      declared_reductions: reduces.map(({ kind, name }) => ({
        object: `${kind}/${namespace}/${name}`,
        reason: 'campaign',
      })),
    });
    if (begun.isError) throw new Error(begun.text);
    const transaction = String(begun.data.transaction);
    let failed = '';
    for (const [tool, args] of calls(place)) {
      const answer = await must(server, tool, { ...args, transaction, reason: 'campaign' });
      if (answer.isError) failed = answer.text;
    }
    if (end === 'abort' || failed !== '') {
      await server.call('transaction_abort', { transaction, reason: 'campaign' });
      if (failed !== '') throw new Error(failed);
      return;
    }
    const args = { transaction };
    for (;;) {
      const answer = await server.call('transaction_commit', args);
      if (answer.isError) throw new Error(answer.text);
      if (answer.data.status !== 'settling') return;
    }
  };
}

const setMode = ({ namespace }: Place, mode = 'slow'): Call => [
  'mitigate_patch',
  { kind: 'ConfigMap', name: 'settings', namespace, patch: { data: { mode } } },
];
const setImage = ({ namespace }: Place, kind: string, name: string, image: string): Call => [
  'mitigate_set_container',
  { kind, name, namespace, container: 'app', image },
];
const scale = ({ namespace }: Place, replicas: number): Call => [
  'mitigate_scale',
  { kind: 'Deployment', name: 'web', namespace, replicas },
];
const remove = ({ namespace }: Place, kind: string, name: string): Call => [
  'mitigate_delete',
  { kind, name, namespace },
];
const create = (manifest: object): Call => [
  'mitigate_apply',
  { mode: 'create', manifest: JSON.stringify(manifest) },
];
const createBoth = (place: Place): Call[] => [
  create(configMap(place, 'fresh')),
  create(service(place, 'fresh')),
];
const removeBoth = (place: Place): Call[] => [
  remove(place, 'ConfigMap', 'settings'),
  remove(place, 'Service', 'shop'),
];
const mixed = (place: Place): Call[] => [
  [
    'mitigate_batch',
    {
      commands: [setMode(place), scale(place, 3), create(configMap(place, 'fresh'))].map(
        ([tool, args]) => ({ tool, arguments: args }),
      ),
    },
  ],
];

const settings = (name: string, run: Flow['run']): Flow => ({
  name,
  objects: [SETTINGS],
  edited: [SETTINGS],
  manifests: (place) => [configMap(place)],
  run,
});
const web = (name: string, run: Flow['run']): Flow => ({
  name,
  objects: [WEB],
  edited: [WEB],
  workload: WEB,
  manifests: (place) => [deployment(place)],
  run,
});

const claim = (name: string, end: 'commit' | 'abort'): Flow => ({
  name,
  objects: [CLAIM, VOLUME],
  // The claim goes only if it is exactly what was approved.
  edited: [VOLUME],
  workload: CLAIM,
  manifests: boundClaim,
  run: within(end, (place) => [remove(place, CLAIM.kind, CLAIM.name)], { reduces: [CLAIM] }),
});

const commitMode = within('commit', (place) => [setMode(place)]);

/** A node that only the pods of the drain's own Deployment run on. */
export const DRAINED = 'node-3';
export const DRAINED_TAINT = { key: 'example.com/campaign', value: 'drain', effect: 'NoSchedule' };

export const FLOWS: readonly Flow[] = [
  { ...settings('patch, commit', commitMode), inCi: true },
  settings(
    'patch twice, abort',
    within('abort', (place) => [setMode(place), setMode(place, 'off')]),
  ),
  {
    ...settings('undo a committed patch', async (server) => {
      await server.call('undo_transaction', { transaction: 'txn-1', reason: 'campaign' });
    }),
    prelude: commitMode,
  },
  {
    ...settings(
      'patch twice, abort, with another server',
      within('abort', (place) => [setMode(place), setMode(place, 'off')]),
    ),
    standby: true,
  },
  { ...settings('patch, commit, with another server', commitMode), standby: true },
  claim('delete an approved claim, commit', 'commit'),
  claim('delete an approved claim, abort', 'abort'),
  web(
    'template, commit',
    within('commit', (place) => [setImage(place, 'Deployment', 'web', 'local/web:2')]),
  ),
  web(
    'template, abort mid-rollout',
    within('abort', (place) => [setImage(place, 'Deployment', 'web', 'local/web:nope')]),
  ),
  web(
    'scale, commit',
    within('commit', (place) => [scale(place, 3)]),
  ),
  web(
    'scale, abort',
    within('abort', (place) => [scale(place, 3)]),
  ),
  {
    name: 'create two, commit',
    objects: [FRESH, FRESH_SERVICE],
    edited: [],
    manifests: () => [],
    run: within('commit', createBoth),
  },
  {
    name: 'create two, abort',
    objects: [FRESH, FRESH_SERVICE],
    edited: [],
    manifests: () => [],
    run: within('abort', createBoth),
  },
  {
    name: 'delete two, commit',
    objects: [SETTINGS, SHOP],
    edited: [SETTINGS, SHOP],
    manifests: (place) => [configMap(place), service(place)],
    run: within('commit', removeBoth, { reduces: [SETTINGS, SHOP] }),
  },
  {
    name: 'delete two, abort',
    inCi: true,
    objects: [SETTINGS, SHOP],
    edited: [SETTINGS, SHOP],
    manifests: (place) => [configMap(place), service(place)],
    run: within('abort', removeBoth, { reduces: [SETTINGS, SHOP] }),
  },
  {
    name: 'batch of three, commit',
    objects: [SETTINGS, WEB, FRESH],
    edited: [SETTINGS, WEB],
    workload: WEB,
    manifests: (place) => [configMap(place), deployment(place)],
    run: within('commit', mixed),
  },
  {
    name: 'batch of three, abort',
    objects: [SETTINGS, WEB, FRESH],
    edited: [SETTINGS, WEB],
    workload: WEB,
    manifests: (place) => [configMap(place), deployment(place)],
    run: within('abort', mixed),
  },
  web(
    'delete a workload, commit',
    within('commit', (place) => [remove(place, 'Deployment', 'web')], { reduces: [WEB] }),
  ),
  web(
    'delete a workload, abort',
    within('abort', (place) => [remove(place, 'Deployment', 'web')], { reduces: [WEB] }),
  ),
  {
    name: 'stateful template, abort',
    objects: [DB],
    edited: [DB],
    workload: DB,
    manifests: (place) => [statefulSet(place)],
    run: within('abort', (place) => [setImage(place, 'StatefulSet', 'db', 'local/web:nope')]),
  },
  {
    name: 'drain, abort',
    objects: [{ kind: 'Node', name: DRAINED }, WEB],
    edited: [WEB],
    workload: WEB,
    alone: true,
    manifests: (place) => [
      deployment(place, {
        tolerations: [{ ...DRAINED_TAINT, operator: 'Equal' }],
        nodeSelector: { 'kubernetes.io/hostname': DRAINED },
      }),
    ],
    run: within('abort', () => [['mitigate_drain', { name: DRAINED }]], {
      everywhere: true,
    }),
  },
];
