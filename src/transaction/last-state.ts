import type { ObjectKey } from '../cluster/types.ts';
import { type ErrorCode, StratusError } from '../core/errors.ts';
import type { KubeObject } from '../core/kube.ts';
import { asItWent } from '../undo/as-it-went.ts';
import { optionsOf } from '../undo/restore.ts';
import type { EngineParts } from './parts.ts';

/** The garbage collector takes some ten milliseconds; a long list of dependents takes it longer. */
const GONE_WITHIN_MS = 10_000;
const AGAIN_AFTER_MS = 100;
/** Asking again is useless: not allowed, the events are forgotten (410), no such kind, not to be watched. */
const FINAL: readonly ErrorCode[] = ['forbidden', 'conflict', 'unknown_resource', 'not_found'];

type Parts = Pick<EngineParts, 'reader' | 'clock'>;

/**
 * What others made of an object while it was being deleted, without what the deletion itself did to it.
 * No caller's signal here: the delete is done, and what is missed now is lost.
 * @param pre as it was when we deleted it
 * @returns undefined where nobody wrote to it, or that can't be told
 */
export async function wentAs(
  parts: Parts,
  key: ObjectKey,
  pre: KubeObject,
): Promise<KubeObject | undefined> {
  // With finalizers of others it may stay for long, and what their controllers write then is part of the deletion.
  if (pre.metadata.finalizers !== undefined || !key.resource.verbs.includes('watch'))
    return undefined;
  const last = await lastState(parts, key, pre);
  return last && asItWent(pre, last, optionsOf(key));
}

/** From the events that the API server keeps for a while: a watch from before the delete tells of every write. */
async function lastState(
  { reader, clock }: Parts,
  { resource, namespace, name }: ObjectKey,
  { metadata: { uid, resourceVersion } }: KubeObject,
): Promise<KubeObject | undefined> {
  if (uid === undefined || resourceVersion === undefined) return undefined;
  const enough = new AbortController();
  const { signal } = enough;
  void clock.sleep(GONE_WITHIN_MS, signal).then(
    () => enough.abort(),
    () => undefined,
  );
  const query = {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
  };
  try {
    while (!signal.aborted) {
      try {
        for await (const event of reader.watch(query, { signal })) {
          if (event.type === 'DELETED' && event.object.metadata.uid === uid) return event.object;
        }
      } catch (error) {
        if (!(error instanceof StratusError)) throw error;
        if (FINAL.includes(error.code)) return undefined;
      }
      await clock.sleep(AGAIN_AFTER_MS, signal).catch(() => undefined);
    }
    return undefined;
  } finally {
    enough.abort();
  }
}
