import type { ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import type { KubeObject } from '../core/kube.ts';
import type { EngineParts } from './parts.ts';

/** The garbage collector takes some ten milliseconds; a long list of dependents takes it longer. */
const GONE_WITHIN_MS = 10_000;

/**
 * What an object was when it went, from the events that the API server keeps for a while: a watch from before its
 * delete tells of every write until it is gone.
 * @param before uid and version that it was deleted at
 * @returns undefined where it can't be told: it stays longer, the events are forgotten (410), or this identity may
 *   not watch the kind
 */
export async function lastState(
  { reader, clock }: Pick<EngineParts, 'reader' | 'clock'>,
  key: ObjectKey,
  before: { readonly uid?: string; readonly resourceVersion?: string },
  signal?: AbortSignal,
): Promise<KubeObject | undefined> {
  const { uid, resourceVersion } = before;
  if (uid === undefined || resourceVersion === undefined) return undefined;
  const enough = new AbortController();
  const either = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]);
  void clock.sleep(GONE_WITHIN_MS, either).then(
    () => enough.abort(),
    () => undefined,
  );
  const { resource, namespace, name } = key;
  const query = {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
  };
  try {
    for await (const event of reader.watch(query, { signal: either })) {
      if (event.type === 'DELETED' && event.object.metadata.uid === uid) return event.object;
    }
  } catch (error) {
    // The delete itself is done and journaled: what can't be told now changes nothing about that.
    if (!(error instanceof StratusError)) throw error;
  } finally {
    enough.abort();
  }
  return undefined;
}
