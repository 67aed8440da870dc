import { at, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { type Nano, quantityNumber } from '../../../core/quantity.ts';
import { compact } from '../../render/manifest.ts';
import { shortText } from '../../render/untrusted.ts';
import { stateOf } from '../state.ts';
import { type Amounts, amountsOf, amountText, inOrder, percentOf } from './amounts.ts';
import type { Load } from './fit.ts';
import { podLimits, podRequests } from './requests.ts';
import { taintText } from './taints.ts';

type Row = Record<string, unknown>;

/** A node: what it can hold, what is reserved and used, and what keeps pods off it. */
export function nodeRow(node: KubeObject, load: Load | undefined, used: Amounts | undefined): Row {
  const allocatable = amountsOf(at(node, 'status', 'allocatable'));
  const names = inOrder([...allocatable.keys(), ...(load?.requested.keys() ?? [])]);
  const resources = names.flatMap((name): [string, Row][] => {
    const all = allocatable.get(name) ?? 0n;
    const asked = load && (load.requested.get(name) ?? 0n);
    if (all === 0n && !asked) return [];
    const measured = used?.get(name);
    return [[name, share(name, all, asked, measured)]];
  });
  return compact({
    node: node.metadata.name,
    state: stateOf(node),
    taints: objectsOf(at(node, 'spec', 'taints')).map((taint) => shortText(taintText(taint))),
    resources: Object.fromEntries(resources),
  });
}

function share(name: string, all: Nano, asked: Nano | undefined, used: Nano | undefined): Row {
  const text = (nano: Nano | undefined) =>
    nano === undefined ? undefined : amountText(name, nano);
  return compact({
    allocatable: text(all),
    requested: text(asked),
    requested_percent: asked === undefined ? undefined : percentOf(asked, all),
    free: asked === undefined ? undefined : text(all - asked),
    used: text(used),
    used_percent: used === undefined ? undefined : percentOf(used, all),
  });
}

/** A pod: what it asks for, may use and uses. Without a request for a resource, none is shown. */
export function podRow(pod: KubeObject, used: Amounts | undefined): Row {
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  const names = inOrder([...requests.keys(), ...limits.keys(), ...(used?.keys() ?? [])]);
  const { name, namespace } = pod.metadata;
  return compact({
    pod: `${namespace}/${name}`,
    state: stateOf(pod),
    node: stringOf(at(pod, 'spec', 'nodeName')),
    resources: Object.fromEntries(
      names.map((resource) => {
        const text = (from: Amounts | undefined) => {
          const nano = from?.get(resource);
          return nano === undefined ? undefined : amountText(resource, nano);
        };
        const row = { requests: text(requests), limits: text(limits), used: text(used) };
        return [resource, compact(row)];
      }),
    ),
  });
}

/** ResourceQuotas: used of hard. */
export function quotaRow(quota: KubeObject): Row {
  const hard = amountsOf(at(quota, 'status', 'hard'));
  const used = amountsOf(at(quota, 'status', 'used'));
  const uses = [...hard].map(([name, most]): [string, string] => {
    const now = used.get(name) ?? 0n;
    const percent = percentOf(now, most);
    const share = percent === undefined ? '' : ` (${percent}%)`;
    return [name, `${amountText(name, now)} of ${amountText(name, most)}${share}`];
  });
  return { quota: quota.metadata.name, used: Object.fromEntries(uses) };
}

export type Sort = 'cpu' | 'memory' | 'pods' | 'name';

/** How full a node is, for sorting: the requested share; the amount itself where nothing is known. */
export function nodeRank(node: KubeObject, load: Load | undefined, sort: Sort): number {
  if (sort === 'name') return 0;
  const all = amountsOf(at(node, 'status', 'allocatable')).get(sort) ?? 0n;
  const asked = load?.requested.get(sort) ?? 0n;
  return all > 0n ? quantityNumber(asked) / quantityNumber(all) : 0;
}

export function podRank(pod: KubeObject, sort: Sort): number {
  if (sort === 'name' || sort === 'pods') return 0;
  return quantityNumber(podRequests(pod).get(sort) ?? 0n);
}
