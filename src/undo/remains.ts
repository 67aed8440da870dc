import { type ErrorCode, StratusError } from '../core/errors.ts';
import { at, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isOurManager } from '../core/managers.ts';
import { hasClaims } from './claim-retention.ts';
import { groupKind } from './group-kind.ts';
import type { UndoGroup, UndoPort } from './types.ts';

/** Of a list that fails, all but these only mean less of a report: the object itself is taken back. */
const ENDING: readonly ErrorCode[] = ['lease_lost', 'cancelled', 'writer_busy'];

/**
 * What an object that we created leaves behind once it is deleted again: claims with their data, and work that is
 * done. Asked once it is gone, so that an undo that was interrupted tells the same.
 * @param live what is there now of its name
 */
export async function remainsOf(
  { steps }: UndoGroup,
  live: KubeObject | undefined,
  port: UndoPort,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { pre, post, postUid } of steps) {
    // Without an answer nobody knows whose it is that is there.
    const isStill = live !== undefined && (postUid === undefined || postUid === live.metadata.uid);
    if (pre !== undefined || post === undefined || isStill) continue;
    const kind = groupKind(post.apiVersion, post.kind);
    if (kind === 'Pod' || kind === 'Job.batch') notes.push('Work that it ran stays done.');
    if (kind === 'StatefulSet.apps' && hasClaims(post)) notes.push(...(await claimsOf(post, port)));
  }
  return notes;
}

async function claimsOf(set: KubeObject, port: UndoPort): Promise<string[]> {
  const isItsOwn = madeFor(set);
  try {
    return (await port.list('persistentvolumeclaims', set.metadata.namespace))
      .filter(({ object }) => isItsOwn(object))
      .map(({ key }) => `PersistentVolumeClaim ${key.name} stays, with its data.`);
  } catch (error) {
    if (!(error instanceof StratusError) || ENDING.includes(error.code)) throw error;
    return ['Claims that it made may stay, with their data; they could not be listed.'];
  }
}

/** Claims have no owner: they are told by their names and by when they were made, which has seconds. */
function madeFor(set: KubeObject): (claim: KubeObject) => boolean {
  const prefixes = objectsOf(at(set, 'spec', 'volumeClaimTemplates')).map(
    (template) => `${stringOf(at(template, 'metadata', 'name'))}-${set.metadata.name}-`,
  );
  const since = bornAt(set);
  return (claim) => {
    const { name, deletionTimestamp, managedFields } = claim.metadata;
    const isOurs = objectsOf(managedFields).some(({ manager }) =>
      isOurManager(stringOf(manager) ?? ''),
    );
    return (
      prefixes.some((it) => name.startsWith(it) && /^\d+$/.test(name.slice(it.length))) &&
      bornAt(claim) >= since &&
      deletionTimestamp === undefined &&
      // One that we created ourselves is taken back by itself.
      !isOurs
    );
  };
}

function bornAt({ metadata }: KubeObject): string {
  return stringOf(metadata.creationTimestamp) ?? '';
}
