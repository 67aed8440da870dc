import { StratusError } from '../../../core/errors.ts';
import { at, objectsOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import type { Nano } from '../../../core/quantity.ts';
import { shortText } from '../../render/untrusted.ts';
import type { ObserveContext } from '../../types.ts';
import { permit } from '../access.ts';
import { type Amounts, addTo, amountsOf } from './amounts.ts';
import { NAME } from './look.ts';

/** What metrics.k8s.io measured, by `namespace/name` of pods or by name of nodes. */
export interface Usage {
  of(namespace: string | undefined, name: string): Amounts | undefined;
  /** Why there is none; absent when it was read. */
  readonly note?: string;
}

const NOT_SERVED =
  "Usage is unknown: this cluster serves no metrics.k8s.io (metrics-server isn't installed).";

/** Reads NodeMetrics or PodMetrics. Usage is an addition: whatever keeps it away becomes a note. */
export async function readUsage(
  context: ObserveContext,
  plural: 'nodes' | 'pods',
  namespace?: string,
): Promise<Usage> {
  const none = (note: string): Usage => ({ of: () => undefined, note });
  const { reader, signal } = context;
  const catalogue = await reader.resources({ signal });
  const resource = catalogue.all.find(
    (it) => it.group === 'metrics.k8s.io' && it.plural === plural,
  );
  if (resource === undefined) {
    const failed = catalogue.failedGroups.some((it) => it.startsWith('metrics.k8s.io'));
    return none(failed ? 'Usage is unknown: metrics.k8s.io is registered but fails.' : NOT_SERVED);
  }
  try {
    permit(context, { tool: NAME, resource, namespace });
    const inside = namespace === undefined ? {} : { namespace };
    const { items } = await reader.listAll({ resource, ...inside }, { signal });
    const found = new Map(items.map((it) => [idOf(it), usageOf(it)]));
    return { of: (space, name) => found.get(`${space ?? ''}/${name}`) };
  } catch (error) {
    if (!(error instanceof StratusError) || error.code === 'cancelled') throw error;
    return none(`Usage is unknown: ${shortText(error.message)}`);
  }
}

const idOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

function usageOf(metrics: KubeObject): Amounts {
  const sum = new Map<string, Nano>(amountsOf(at(metrics, 'usage')));
  for (const container of objectsOf(at(metrics, 'containers'))) {
    addTo(sum, amountsOf(container.usage));
  }
  return sum;
}
