import { StratusError } from '../core/errors.ts';
import { at, type Json, objectsOf, stringOf } from '../core/json.ts';
import { desiredReplicas, type KubeObject, type ObjectRef } from '../core/kube.ts';
import type { StandIn } from '../undo/classification.ts';
import type { CompiledWrite } from './compile.ts';
import { type Contained, contentsImage, contentsOf } from './contents.ts';
import { leavingUids } from './dependents.ts';
import { keyFor, resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import type { PlannedWrite } from './types.ts';

/** What is done at once in place of a write that waits for the commit. */
export interface StandIns {
  readonly writes: readonly PlannedWrite[];
  /** What the person should know of it. */
  readonly notes: readonly string[];
  /** What goes with the object: it has to be the same when the commit comes. */
  readonly contents?: Buffer;
}

type Make = (parts: EngineParts, object: KubeObject, signal?: AbortSignal) => Promise<StandIns>;

/** The stand-in of a deferred write. @throws StratusError irreversible where there can be none */
export function standInsOf(
  parts: EngineParts,
  kind: StandIn,
  { base, key }: CompiledWrite,
  signal?: AbortSignal,
): Promise<StandIns> {
  if (base === undefined) throw new StratusError('not_found', `${key.name} does not exist.`);
  return MAKERS[kind](parts, base.object, signal);
}

const MAKERS: Readonly<Record<StandIn, Make>> = {
  nothing: async () => ({
    writes: [],
    notes: [
      'Nothing stands in for it: until the commit it stays as it is, and the gate judges as if it were gone.',
    ],
  }),
  cordon: async (_parts, node) => {
    const ref: ObjectRef = { apiVersion: 'v1', kind: 'Node', name: node.metadata.name };
    const cordoned = at(node, 'spec', 'unschedulable') === true;
    return {
      writes: cordoned ? [] : [merge(ref, 'cordon', { spec: { unschedulable: true } })],
      notes: [],
    };
  },
  unserve: async (_parts, definition) => {
    const { name } = definition.metadata;
    const patch = objectsOf(at(definition, 'spec', 'versions')).flatMap(
      ({ served }, index): Json[] =>
        served === true
          ? [{ op: 'replace', path: `/spec/versions/${index}/served`, value: false }]
          : [],
    );
    const object: ObjectRef = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name,
    };
    return {
      writes: [
        {
          verb: 'patch',
          patchType: 'json',
          patch,
          object,
          summary:
            'serve no version of it, so that nobody finds its objects; they are kept until the commit',
          kubectl: `kubectl patch crd ${name} --type json -p '${JSON.stringify(patch)}'`,
        },
      ],
      notes: ['After the commit its objects are deleted with it, and can not be brought back.'],
    };
  },
  retain: async (_parts, claim) => {
    const name = stringOf(at(claim, 'spec', 'volumeName')) ?? '';
    return {
      writes: [retain(name)],
      notes: [
        `The volume ${name} and its data are kept after the commit as well (reclaim policy Retain): a person deletes it by hand.`,
      ],
    };
  },
  quiesce,
};

function merge(object: ObjectRef, summary: string, patch: Json, declares?: string): PlannedWrite {
  const { kind, name, namespace } = object;
  const place = namespace === undefined ? '' : ` -n ${namespace}`;
  return {
    verb: 'patch',
    patchType: 'merge',
    patch,
    object,
    summary,
    kubectl: `kubectl patch ${kind.toLowerCase()} ${name}${place} --type merge -p '${JSON.stringify(patch)}'`,
    ...(declares === undefined ? {} : { declares }),
  };
}

function retain(volume: string): PlannedWrite {
  return merge(
    { apiVersion: 'v1', kind: 'PersistentVolume', name: volume },
    'keep the volume (reclaim policy Retain)',
    { spec: { persistentVolumeReclaimPolicy: 'Retain' } },
  );
}

const SCALED = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'];

/**
 * Everything in the namespace stands still: what the gate then measures is what its users will miss. Services keep
 * their selectors: without one the endpoints they found would stay for good.
 */
async function quiesce(
  parts: EngineParts,
  { metadata: { name: namespace } }: KubeObject,
  signal?: AbortSignal,
): Promise<StandIns> {
  const contents = await contentsOf(parts, namespace, signal);
  // What was orphaned by a delete of this transaction goes after the commit in any case.
  const leaving = leavingNow(parts);
  refuseHeld(
    namespace,
    contents.filter(({ object }) => !leaving.includes(object.metadata.uid ?? '')),
  );
  const writes: PlannedWrite[] = [];
  const declares = `it goes with Namespace/${namespace}`;
  for (const { kind, object } of contents) {
    const ref: ObjectRef = {
      apiVersion: object.apiVersion,
      kind,
      namespace,
      name: object.metadata.name,
    };
    const live = STOPPED.includes(kind) ? await read(parts, ref, signal) : undefined;
    if (live === undefined) continue;
    if (kind === 'CronJob' && at(live, 'spec', 'suspend') !== true) {
      writes.push(merge(ref, 'suspend', { spec: { suspend: true } }, declares));
    } else if (SCALED.includes(kind) && desiredReplicas(live) > 0) {
      writes.push(merge(ref, 'scale to 0 replicas', { spec: { replicas: 0 } }, declares));
    } else if (kind === 'PersistentVolumeClaim') {
      const volume = stringOf(at(live, 'spec', 'volumeName'));
      const policy =
        volume === undefined
          ? undefined
          : at(
              await read(
                parts,
                { apiVersion: 'v1', kind: 'PersistentVolume', name: volume },
                signal,
              ),
              'spec',
              'persistentVolumeReclaimPolicy',
            );
      if (volume !== undefined && policy !== 'Retain') writes.push(retain(volume));
    }
  }
  const names = contents.map((one) => one.name);
  const more = names.length > 30 ? ` and ${names.length - 30} more` : '';
  return {
    writes,
    contents: contentsImage(contents),
    notes: [
      `After the commit all of these are deleted with it, and can not be brought back: ${names.slice(0, 30).join(', ')}${more}.`,
      ...(writes.some(({ object }) => object.kind === 'PersistentVolume')
        ? [
            'Its volumes and their data are kept (reclaim policy Retain): a person deletes them by hand.',
          ]
        : []),
    ],
  };
}

/** There is one open transaction at a time, and a plan outside of it has to reckon with it all the same. */
function leavingNow({ journal: { transactions } }: EngineParts): string[] {
  const { rows } = transactions.list({ states: ['OPEN'], limit: 100 });
  return rows.flatMap(({ id }) => leavingUids(transactions, id));
}

/** A pod among the contents is one that nothing controls. */
const UNSTOPPABLE = ['DaemonSet', 'Job', 'Pod'];

const STOPPED = [...SCALED, 'CronJob', 'PersistentVolumeClaim'];

/** @throws StratusError irreversible for what nothing can stand in for, or what would hold the namespace */
function refuseHeld(namespace: string, contents: readonly Contained[]): void {
  const stuck = contents.filter(({ kind, object: { metadata } }) => {
    const { finalizers } = metadata;
    if (kind === 'PersistentVolumeClaim') return false;
    return Array.isArray(finalizers) && finalizers.length > 0;
  });
  const running = contents.filter(({ kind }) => UNSTOPPABLE.includes(kind));
  const [first] = [...stuck, ...running];
  if (first === undefined) return;
  const why = stuck.includes(first)
    ? 'its finalizers would hold the namespace'
    : 'it can not be stopped in a way that could be taken back';
  throw new StratusError(
    'irreversible',
    `Namespace/${namespace} can't be deleted yet: it has ${first.name}, and ${why}.`,
    {
      rule: 'A2 faithful undo',
      next: `Delete ${first.name} first, in this transaction where its delete can be undone; then repeat this call.`,
    },
  );
}

async function read(
  parts: EngineParts,
  { apiVersion, kind, namespace, name }: ObjectRef,
  signal?: AbortSignal,
): Promise<KubeObject | undefined> {
  const resource = await resolveFresh(
    parts.reader,
    (all) => all.resolveKind(apiVersion, kind),
    signal,
  );
  const key = keyFor(resource, namespace, name, parts.reader);
  return (await parts.reader.get(key, signal === undefined ? {} : { signal }))?.object;
}
