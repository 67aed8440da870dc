import { StratusError } from '../core/errors.ts';
import { at, type Json } from '../core/json.ts';
import { controllerOf, describeRef, isControlledBy, type KubeObject } from '../core/kube.ts';
import { groupKind, WORKLOADS } from './group-kind.ts';
import type { Child, UndoPort } from './types.ts';

/** What the controller of a workload adopts by its selector. */
const ADOPTED = ['Pod', 'ReplicaSet.apps', 'ControllerRevision.apps'];

/** A controller that runs adopts within a second; one that doesn't is no reason to hold up the rest for long. */
const WITHIN_MS = 10_000;

/** True for a child that nobody has to give back: the controller of its owner takes it by its labels. */
export function isAdopted({ ref, reference }: Child, ownerId: string): boolean {
  const adopts = WORKLOADS.includes(ownerId) || ownerId === 'ReplicationController';
  const isTaken = ADOPTED.includes(groupKind(ref.apiVersion, ref.kind));
  return adopts && isTaken && reference.controller === true;
}

/**
 * Waits until a workload that was created again controls what it controlled before. Only reads, so that it can run
 * again after a crash.
 * @param uid of the workload as it is now
 * @returns what it does not control, for the report
 */
export async function awaitAdoption(
  children: readonly Child[],
  uid: string,
  port: UndoPort,
): Promise<Json[]> {
  const until = port.clock.monotonic() + WITHIN_MS;
  const notes: Json[] = [];
  let left = children;
  for (let pause = 50; ; pause = Math.min(pause * 2, 500)) {
    const waiting: Child[] = [];
    for (const child of left) {
      const state = await stateOf(child, uid, port);
      if (state === 'unreadable') return [...notes, UNREADABLE];
      if (state === 'free') waiting.push(child);
      if (state === 'gone') notes.push(`Gone since it was deleted: ${describeRef(child.ref)}.`);
      if (state === 'taken') notes.push(lost(child, 'another controller has taken it'));
    }
    if (waiting.length === 0) return notes;
    if (port.clock.monotonic() > until)
      return [...notes, ...waiting.map((one) => lost(one, 'its controller has not adopted it'))];
    left = waiting;
    await port.clock.sleep(pause);
  }
}

const UNREADABLE =
  'What it owned may not be read, so it is not known whether its controller has adopted it again.';

function lost({ ref }: Child, why: string): string {
  return `No longer owned by it: ${describeRef(ref)} (${why}).`;
}

async function stateOf(
  child: Child,
  uid: string,
  port: UndoPort,
): Promise<'settled' | 'gone' | 'free' | 'taken' | 'unreadable'> {
  try {
    const live = await port.get(await port.key(child.ref));
    // Another object of that name was never its child; what is going is nobody's any more.
    if (live === undefined || live.uid !== child.uid) return 'gone';
    if (isLeaving(live.object)) return 'settled';
    if (isControlledBy(live.object, uid)) return 'settled';
    const other = controllerOf(live.object);
    return other === undefined || other.uid === child.reference.uid ? 'free' : 'taken';
  } catch (error) {
    if (error instanceof StratusError && error.code === 'forbidden') return 'unreadable';
    throw error;
  }
}

/** A ReplicaSet does not take pods that have ended. */
function isLeaving(object: KubeObject): boolean {
  const phase = at(object, 'status', 'phase');
  const hasEnded = object.kind === 'Pod' && (phase === 'Succeeded' || phase === 'Failed');
  return object.metadata.deletionTimestamp !== undefined || hasEnded;
}
