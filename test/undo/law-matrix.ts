import type { ErrorCode } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { full } from './kinds.ts';
import { KIND_NAMES, type KindName, LAW_KINDS, type LawKind } from './law-kinds.ts';

/** What a tool does to an object of one kind. */
export type Cell =
  | {
      readonly does: 'exact' | 'compensating';
      readonly args: JsonObject;
      /** Another manager's merge patch before it, where the tool needs a start of its own. */
      readonly first?: JsonObject;
    }
  /** Asked for all the same, the tool answers with this error and changes nothing. */
  | { readonly refuses: ErrorCode; readonly why: string; readonly args: JsonObject }
  /** The tool has no words for it. */
  | { readonly none: string };

/** A call of a tool, for every kind. */
export interface Row {
  readonly call: string;
  readonly tool: string;
  /** How it is taken back. */
  readonly back: 'abort' | 'undo_last' | 'undo_transaction';
  /** The object is a new one, not the one that is there. */
  readonly creates?: true;
  /** The object is another one after the undo. */
  readonly recreates?: true;
  readonly cells: Readonly<Record<KindName, Cell>>;
}

const exact = (args: JsonObject, first?: JsonObject): Cell => ({
  does: 'exact',
  args,
  ...(first === undefined ? {} : { first }),
});
const compensating = (args: JsonObject, first?: JsonObject): Cell => ({
  ...exact(args, first),
  does: 'compensating',
});

/** Cells that are named, and one answer for all the others. */
function cells(
  named: Partial<Record<KindName, Cell>>,
  others: (kind: LawKind, name: KindName) => Cell,
): Row['cells'] {
  const entries = KIND_NAMES.map((name) => [name, named[name] ?? others(LAW_KINDS[name], name)]);
  return Object.fromEntries(entries) as Row['cells'];
}

/** Only these kinds; the others are refused as arguments of the wrong kind. */
function only(named: Partial<Record<KindName, Cell>>, why: string, args: JsonObject): Row['cells'] {
  return cells(named, () => ({ refuses: 'invalid_arguments', why, args }));
}

const without = (named: Partial<Record<KindName, Cell>>, none: string): Row['cells'] =>
  cells(named, () => ({ none }));

const SET_CONTAINER = {
  container: 'web',
  image: 'local/web:2',
  env: { set: [{ name: 'LEVEL', value: 'debug' }] },
  resources: { requests: { cpu: '5m' }, limits: { memory: '64Mi' } },
};
const PROBED = {
  ...SET_CONTAINER,
  readiness: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
};
const TAINT = { key: 'example.com/law', value: 'y', effect: 'NoSchedule' };
const SERVICES_ONLY = 'It takes the name of a Service and no kind.';
const NODES_ONLY = 'It takes the name of a Node and no kind.';

const rollouts = (action: string, first?: JsonObject): Row['cells'] =>
  only(
    {
      Deployment: exact({ action }, first),
      StatefulSet: compensating({ action }),
      DaemonSet: compensating({ action }),
    },
    'It has no rollout.',
    { action },
  );

const patches = (type: 'strategic' | 'merge' | 'json', named: Partial<Record<KindName, Cell>>) =>
  cells(named, ({ edits }) => exact({ type, patch: edits[type] as unknown as JsonObject }));

const patchOf = (kind: KindName, type: 'strategic' | 'merge' | 'json') => ({
  type,
  patch: LAW_KINDS[kind].edits[type] as unknown as JsonObject,
});

const applied = (kind: KindName, name: string, fields: JsonObject): JsonObject => ({
  manifest: full(fields, { apiVersion: LAW_KINDS[kind].apiVersion, kind, name }),
});

/** The name of the object that is there, and of the one that is created. */
export const nameOf = (kind: KindName): string => (kind === 'Node' ? 'node-1' : kind.toLowerCase());
export const NEW = 'new';

export const MATRIX: readonly Row[] = [
  {
    call: 'set_container',
    tool: 'mitigate_set_container',
    back: 'abort',
    cells: only(
      {
        Deployment: exact(PROBED),
        StatefulSet: compensating(PROBED),
        DaemonSet: compensating(PROBED),
        CronJob: exact(SET_CONTAINER),
      },
      'It has no containers.',
      SET_CONTAINER,
    ),
  },
  {
    call: 'rollout restart',
    tool: 'mitigate_rollout',
    back: 'undo_last',
    cells: rollouts('restart'),
  },
  { call: 'rollout undo', tool: 'mitigate_rollout', back: 'abort', cells: rollouts('undo') },
  {
    call: 'rollout pause',
    tool: 'mitigate_rollout',
    back: 'abort',
    cells: only(
      {
        Deployment: exact({ action: 'pause' }),
        CronJob: exact({ action: 'pause' }, { spec: { suspend: false } }),
      },
      'It can not be paused.',
      { action: 'pause' },
    ),
  },
  {
    call: 'rollout resume',
    tool: 'mitigate_rollout',
    back: 'undo_last',
    cells: only(
      {
        Deployment: exact({ action: 'resume' }, { spec: { paused: true } }),
        CronJob: compensating({ action: 'resume' }, { spec: { suspend: true } }),
      },
      'It can not be resumed.',
      { action: 'resume' },
    ),
  },
  {
    call: 'scale up',
    tool: 'mitigate_scale',
    back: 'undo_transaction',
    cells: only(
      { Deployment: exact({ replicas: 3 }), StatefulSet: exact({ replicas: 3 }) },
      'It has no replicas of its own.',
      { replicas: 3 },
    ),
  },
  {
    call: 'scale down',
    tool: 'mitigate_scale',
    back: 'abort',
    cells: only(
      { Deployment: compensating({ replicas: 1 }), StatefulSet: compensating({ replicas: 1 }) },
      'It has no replicas of its own.',
      { replicas: 1 },
    ),
  },
  {
    call: 'scale bounds',
    tool: 'mitigate_scale',
    back: 'undo_transaction',
    cells: only(
      { HorizontalPodAutoscaler: exact({ min_replicas: 3, max_replicas: 6 }) },
      'It is no autoscaler.',
      { max_replicas: 6 },
    ),
  },
  {
    call: 'set_metadata',
    tool: 'mitigate_set_metadata',
    back: 'undo_transaction',
    cells: cells({}, () =>
      exact({
        labels: { app: 'other', 'example.com/law': 'x', drop: null },
        annotations: { 'example.com/note': 'y', 'example.com/more': '' },
      }),
    ),
  },
  {
    call: 'set_service selector',
    tool: 'mitigate_set_service',
    back: 'undo_transaction',
    cells: without(
      { Service: exact({ selector: { app: 'statefulset', tier: null } }) },
      SERVICES_ONLY,
    ),
  },
  {
    call: 'set_service ports',
    tool: 'mitigate_set_service',
    back: 'abort',
    cells: without(
      {
        Service: exact({
          ports: [
            { port: 80, protocol: 'UDP', target_port: 8054 },
            { port: 90, name: 'more', target_port: 'http' },
          ],
          remove_ports: [{ port: 80 }],
        }),
      },
      SERVICES_ONLY,
    ),
  },
  {
    call: 'node cordon',
    tool: 'mitigate_node',
    back: 'abort',
    cells: without({ Node: exact({ action: 'cordon' }) }, NODES_ONLY),
  },
  {
    call: 'node uncordon',
    tool: 'mitigate_node',
    back: 'undo_last',
    cells: without(
      { Node: exact({ action: 'uncordon' }, { spec: { unschedulable: true } }) },
      NODES_ONLY,
    ),
  },
  {
    call: 'node taint',
    tool: 'mitigate_node',
    back: 'undo_transaction',
    cells: without({ Node: exact({ action: 'taint', taint: TAINT }) }, NODES_ONLY),
  },
  {
    call: 'node untaint',
    tool: 'mitigate_node',
    back: 'abort',
    cells: without(
      { Node: exact({ action: 'untaint', taint: { key: 'example.com/law' } }) },
      NODES_ONLY,
    ),
  },
  {
    call: 'node taint NoExecute',
    tool: 'mitigate_node',
    back: 'abort',
    cells: without(
      {
        Node: {
          refuses: 'irreversible',
          why: 'Pods that it evicts do not come back.',
          args: { action: 'taint', taint: { ...TAINT, effect: 'NoExecute' } },
        },
      },
      NODES_ONLY,
    ),
  },
  {
    call: 'drain',
    tool: 'mitigate_drain',
    back: 'abort',
    // The node as it was; the evicted pods live on elsewhere.
    cells: without({ Node: exact({}) }, NODES_ONLY),
  },
  {
    call: 'patch strategic',
    tool: 'mitigate_patch',
    back: 'abort',
    cells: patches('strategic', {
      StatefulSet: compensating(patchOf('StatefulSet', 'strategic')),
      DaemonSet: compensating(patchOf('DaemonSet', 'strategic')),
      Widget: {
        refuses: 'dry_run_rejected',
        why: 'The API server has no strategic merge for custom resources.',
        args: patchOf('Widget', 'strategic'),
      },
    }),
  },
  {
    call: 'patch merge',
    tool: 'mitigate_patch',
    back: 'undo_last',
    cells: patches('merge', {}),
  },
  {
    call: 'patch json',
    tool: 'mitigate_patch',
    back: 'abort',
    cells: patches('json', { DaemonSet: compensating(patchOf('DaemonSet', 'json')) }),
  },
  {
    call: 'apply',
    tool: 'mitigate_apply',
    back: 'undo_last',
    cells: cells({}, ({ edits }, kind) => exact(applied(kind, nameOf(kind), edits.apply))),
  },
  {
    call: 'create',
    tool: 'mitigate_apply',
    back: 'abort',
    creates: true,
    cells: cells(
      {
        Node: {
          refuses: 'irreversible',
          why: 'Controllers and pods answer to a new node at once.',
          args: { mode: 'create', ...applied('Node', NEW, LAW_KINDS.Node.manifest(NEW)) },
        },
        // The replicas that it sets before it goes stay.
        HorizontalPodAutoscaler: compensating({
          mode: 'create',
          ...applied(
            'HorizontalPodAutoscaler',
            NEW,
            LAW_KINDS.HorizontalPodAutoscaler.manifest(NEW),
          ),
        }),
      },
      ({ manifest }, kind) => exact({ mode: 'create', ...applied(kind, NEW, manifest(NEW)) }),
    ),
  },
  {
    call: 'delete',
    tool: 'mitigate_delete',
    back: 'abort',
    recreates: true,
    cells: cells(
      {
        Node: { refuses: 'irreversible', why: 'Its pods would go with it.', args: {} },
      },
      () => compensating({}),
    ),
  },
];
