import type { ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import type { KubeObject } from '../core/kube.ts';
import { type Autoscaler, autoscalersOf } from '../undo/owners/autoscalers.ts';
import { readLive } from './live.ts';
import type { EngineParts } from './parts.ts';

const SCALED_OBJECTS = 'scaledobjects.keda.sh';

/**
 * What scales an object, read for this question alone: one list, and a second one where KEDA is installed.
 * @param cached for advice a moment old is good enough
 * @returns undefined where the lists may not be read
 */
export async function autoscalersNow(
  parts: Pick<EngineParts, 'reader'>,
  { resource, namespace, name }: ObjectKey,
  cached: boolean,
  signal?: AbortSignal,
): Promise<Autoscaler[] | undefined> {
  if (namespace === undefined) return [];
  const list = { namespace, optional: true, ...(cached ? { cached } : {}) } as const;
  const reads = [
    { as: 'hpa', list: { ...list, resource: 'horizontalpodautoscalers.autoscaling' } },
  ];
  if (await isServed(parts, signal)) {
    reads.push({ as: 'keda', list: { ...list, resource: SCALED_OBJECTS } });
  }
  const live = await readLive(parts.reader, reads, signal);
  if (live.unread?.('hpa')) return undefined;
  const objects = (as: string): KubeObject[] => live.list(as).map(({ object }) => object);
  const workload = { apiVersion: resource.apiVersion, kind: resource.kind, name };
  return autoscalersOf(workload, objects('hpa'), objects('keda'));
}

/**
 * Who keeps the replicas of an object that is taken back. An autoscaler that this transaction made or removed says
 * nothing: with it the count was ours.
 */
export async function keeperOf(
  parts: Pick<EngineParts, 'reader' | 'journal'>,
  transaction: string,
  key: ObjectKey,
): Promise<string | undefined> {
  const scalers = (await autoscalersNow(parts, key, false)) ?? [];
  if (scalers.length === 0) return undefined;
  const ours = parts.journal.transactions
    .steps(transaction, { notIn: ['REJECTED'] })
    .filter(
      ({ verb, uid, namespace }) =>
        namespace === key.namespace && (uid === null || verb === 'delete'),
    )
    .map(({ kind, name }) => `${kind} ${name}`);
  const keeper = scalers.find(
    ({ kind, name, generatedBy }) =>
      !ours.includes(`${kind} ${name}`) && !ours.includes(`ScaledObject ${generatedBy}`),
  );
  return keeper && `${keeper.kind} ${keeper.name}`;
}

/** By the catalogue that is known already: most clusters have no KEDA, and none need be asked about it each time. */
async function isServed({ reader }: Pick<EngineParts, 'reader'>, signal?: AbortSignal) {
  const catalogue = await reader.resources(signal === undefined ? {} : { signal });
  try {
    catalogue.resolve(SCALED_OBJECTS);
    return true;
  } catch (error) {
    if (error instanceof StratusError) return false;
    throw error;
  }
}
