import type { LiveObject, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, equalJson, stringOf } from '../core/json.ts';
import { isControlledBy, type KubeObject } from '../core/kube.ts';
import { awaitAdoption, isAdopted } from './adoption.ts';
import { groupKind } from './group-kind.ts';
import type { UndoGroup, UndoPort } from './types.ts';

/** Far beyond the way of an event to the garbage collector of a cluster that is well. */
const COLLECTED_MS = 1_500;

/** What the controller of a workload owns. */
const CHILDREN: Readonly<Record<string, 'pods' | 'replicasets.apps'>> = {
  'Deployment.apps': 'replicasets.apps',
  'ReplicaSet.apps': 'pods',
  'StatefulSet.apps': 'pods',
  'DaemonSet.apps': 'pods',
  ReplicationController: 'pods',
};

export interface Parting {
  /** Of the object that it is about. */
  readonly uid: string;
  readonly propagationPolicy: Extract<WriteRequest, { verb: 'delete' }>['propagationPolicy'];
  /** What stays behind, for the report. */
  readonly residual: readonly string[];
}

/** True where its adoption was waited for. What takes all with it is looked at again before each try. */
export function isWaitedOut(parting: Parting | undefined, { uid }: LiveObject): boolean {
  return parting?.uid === uid && parting.propagationPolicy === 'Orphan';
}

/**
 * How a workload that we created has to go. Its controller adopts whatever its selector matches, also pods that
 * were there before it: those must not die with it. With Orphan the garbage collector lets go what its own cache
 * names as dependents; one adopted a moment ago keeps its reference, and is collected once the owner is gone. So
 * adoption comes first, and time for the collector to hear of it.
 */
export async function partingOf(
  group: UndoGroup,
  live: LiveObject,
  port: UndoPort,
): Promise<Parting> {
  const { resource, namespace } = group.key;
  const { uid } = live;
  const takesAll: Parting = { uid, propagationPolicy: 'Background', residual: [] };
  const id = groupKind(resource.apiVersion, resource.kind);
  const word = CHILDREN[id];
  if (word === undefined || namespace === undefined) return takesAll;
  const [first] = group.steps;
  const before = first?.pre;
  if (before && equalJson(selectorOf(before), selectorOf(live.object))) {
    // The one that comes back adopts everything again, and scales down what is not of its template.
    const children = port.childrenOf(before.metadata.uid ?? '');
    await awaitAdoption(
      children.filter((child) => isAdopted(child, id)),
      uid,
      port,
    );
    await port.clock.sleep(COLLECTED_MS);
    return { uid, propagationPolicy: 'Orphan', residual: [] };
  }
  const children = await owned(word, namespace, live, port);
  if (children === undefined) {
    const why = 'What it may have adopted could not be read, so what it ran was left running.';
    return { uid, propagationPolicy: 'Orphan', residual: [why] };
  }
  // Deleted and created once more, it took over what the first of ours had started.
  const since = (before === undefined ? first?.post : undefined) ?? live.object;
  const isOlder = ({ object }: LiveObject) => bornAt(object) < bornAt(since);
  if (!children.some(isOlder)) return takesAll;
  await port.clock.sleep(COLLECTED_MS);
  const left = children.filter((child) => !isOlder(child)).map(nameOf);
  return {
    uid,
    propagationPolicy: 'Orphan',
    residual: [
      `It had adopted ${children.filter(isOlder).map(nameOf).join(', ')}: left running, without an owner as before.`,
      ...(left.length > 0
        ? [`Left running, though it may have started them: ${left.join(', ')}.`]
        : []),
    ],
  };
}

async function owned(
  word: 'pods' | 'replicasets.apps',
  namespace: string,
  owner: LiveObject,
  port: UndoPort,
): Promise<LiveObject[] | undefined> {
  try {
    return (await port.list(word, namespace)).filter(({ object }) =>
      isControlledBy(object, owner.uid),
    );
  } catch (error) {
    if (error instanceof StratusError && error.code === 'forbidden') return undefined;
    throw error;
  }
}

function selectorOf(object: KubeObject) {
  return at(object, 'spec', 'selector');
}

/** Seconds resolution: what was born within the same second is not known to be older. */
function bornAt(object: KubeObject): string {
  return stringOf(object.metadata.creationTimestamp) ?? '';
}

function nameOf({ key, object }: LiveObject): string {
  return `${key.resource.kind} ${object.metadata.name}`;
}
