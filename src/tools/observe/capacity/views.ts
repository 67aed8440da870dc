import { StratusError } from '../../../core/errors.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { NANO } from '../../../core/quantity.ts';
import { pageByAnchor } from '../../render/cursor.ts';
import { compact } from '../../render/manifest.ts';
import { nearNames } from '../../render/near-names.ts';
import { DATA_NOTE } from '../../render/untrusted.ts';
import type { ObserveContext } from '../../types.ts';
import { call } from '../next-step.ts';
import { namespaceExists } from '../target.ts';
import { type Amounts, addTo, amountsOf, amountText } from './amounts.ts';
import { EMPTY_LOAD, type Load, loadsOf } from './fit.ts';
import { LIVE_PODS, look, NAME } from './look.ts';
import { podRequests, takesRoom } from './requests.ts';
import { nodeRank, nodeRow, podRank, podRow, quotaRow, type Sort } from './rows.ts';
import { readUsage } from './usage.ts';

export interface Paging {
  readonly sort: Sort;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const NODE = { apiVersion: 'v1', kind: 'Node' };
export const POD = { apiVersion: 'v1', kind: 'Pod' };
const QUOTA = { apiVersion: 'v1', kind: 'ResourceQuota' };

/** What of the cluster's nodes and their load this identity may see. */
export async function readNodes(context: ObserveContext) {
  const [nodes, pods] = await Promise.all([
    look(context, NODE),
    look(context, POD, { fieldSelector: LIVE_PODS }),
  ]);
  const loads = 'seen' in pods ? loadsOf(pods.seen) : undefined;
  return {
    nodes,
    pods,
    /** Undefined: pods are hidden, so nobody knows what is free. */
    loadOf: (name: string): Load | undefined => loads && (loads.get(name) ?? EMPTY_LOAD),
  };
}

export async function nodesView(context: ObserveContext, paging: Paging) {
  const [{ nodes, pods, loadOf }, usage] = await Promise.all([
    readNodes(context),
    readUsage(context, 'nodes'),
  ]);
  if (!('seen' in nodes)) return withoutNodes(context, paging, nodes.unseen);
  const page = pageByAnchor(
    nodes.seen,
    (node) => {
      const { name } = node.metadata;
      return { rank: nodeRank(node, loadOf(name), paging.sort), id: name };
    },
    { ...paging, query: { tool: NAME, view: 'nodes', sort: paging.sort } },
  );
  const all = new Map<string, bigint>();
  const asked = new Map<string, bigint>();
  for (const node of nodes.seen) {
    addTo(all, amountsOf((node.status as { allocatable?: never } | undefined)?.allocatable));
    addTo(asked, loadOf(node.metadata.name)?.requested ?? new Map());
  }
  const blind = 'seen' in pods ? [] : [`What is requested is unknown: ${pods.unseen}`];
  return compact({
    summary: `${nodes.seen.length} nodes. ${totals(all, 'seen' in pods ? asked : undefined)}`,
    nodes: page.items.map((node) => {
      const { name } = node.metadata;
      return nodeRow(node, loadOf(name), usage.of(undefined, name));
    }),
    ...pageEnd(page),
    notes: [...blind, ...(usage.note ? [usage.note] : [])],
    next: page.items[0] && `${call(NAME, { node: page.items[0].metadata.name })} shows its pods.`,
    note: DATA_NOTE,
  });
}

/** The identity may see no nodes: what it may see in its namespace is still an answer. */
async function withoutNodes(context: ObserveContext, paging: Paging, why: string) {
  const namespace = context.reader.defaultNamespace;
  const rest = await namespaceView(context, namespace, paging);
  return {
    ...rest,
    summary: `Nodes are hidden, so what is free is unknown. ${rest.summary}`,
    notes: [`Nodes were not looked at: ${why}`, ...(rest.notes ?? [])],
  };
}

export async function nodeView(context: ObserveContext, name: string, paging: Paging) {
  const [nodes, pods, usage, nodeUsage] = await Promise.all([
    look(context, NODE),
    look(context, POD, { fieldSelector: `spec.nodeName=${name},${LIVE_PODS}` }),
    readUsage(context, 'pods'),
    readUsage(context, 'nodes'),
  ]);
  const node = 'seen' in nodes ? nodes.seen.find((it) => it.metadata.name === name) : undefined;
  if (!('seen' in nodes) && !('seen' in pods)) {
    throw new StratusError(nodes.refusal.code, nodes.unseen, {
      ...(nodes.refusal.rule === undefined ? {} : { rule: nodes.refusal.rule }),
      next: `${call(NAME, { namespace: context.reader.defaultNamespace })} shows the requests of a namespace.`,
    });
  }
  if ('seen' in nodes && node === undefined) {
    const near = nearNames(
      name,
      nodes.seen.map((it) => it.metadata.name),
    );
    throw new StratusError(
      'not_found',
      `There is no Node ${name}.${near.length > 0 ? ` Did you mean ${near.join(', ')}?` : ''}`,
      { next: `${call(NAME, {})} shows the nodes.` },
    );
  }
  const load = 'seen' in pods ? (loadsOf(pods.seen).get(name) ?? EMPTY_LOAD) : undefined;
  const page = pagePods(load?.pods ?? [], paging, { view: 'node', node: name });
  const row = node && nodeRow(node, load, nodeUsage.of(undefined, name));
  const all = amountsOf((node?.status as { allocatable?: never } | undefined)?.allocatable);
  return compact({
    summary: `Node ${name}: ${load ? `${load.pods.length} pods` : 'its pods are hidden'}. ${totals(all, load?.requested)}`,
    nodes: row && [row],
    pods: page.items.map((pod) => podRow(pod, usage.of(pod.metadata.namespace, pod.metadata.name))),
    ...pageEnd(page),
    notes: [
      ...('seen' in nodes ? [] : [`The node was not looked at: ${nodes.unseen}`]),
      ...('seen' in pods ? [] : [`Its pods were not looked at: ${pods.unseen}`]),
      ...(usage.note ? [usage.note] : []),
    ],
    next: `${call('observe_describe', { kind: 'Node', name })} shows its conditions and events.`,
    note: DATA_NOTE,
  });
}

export async function namespaceView(context: ObserveContext, namespace: string, paging: Paging) {
  const [pods, quotas, usage] = await Promise.all([
    look(context, POD, { namespace, fieldSelector: LIVE_PODS }),
    look(context, QUOTA, { namespace }),
    readUsage(context, 'pods', namespace),
  ]);
  if (!('seen' in pods) && !('seen' in quotas)) throw pods.refusal;
  const seen = 'seen' in pods ? pods.seen.filter(takesRoom) : [];
  if (seen.length === 0 && (await namespaceExists(context, NAME, namespace)) === false) {
    throw new StratusError('not_found', `Namespace ${namespace} doesn't exist.`);
  }
  const page = pagePods(seen, paging, { view: 'namespace', namespace });
  const asked = new Map<string, bigint>([['pods', NANO * BigInt(seen.length)]]);
  for (const pod of seen) addTo(asked, podRequests(pod));
  const requested = ['cpu', 'memory']
    .map((name) => `${name} ${amountText(name, asked.get(name) ?? 0n)}`)
    .join(', ');
  return compact({
    summary:
      'seen' in pods
        ? `${seen.length} pods in namespace ${namespace} request ${requested}.`
        : `The pods of namespace ${namespace} are hidden.`,
    pods: page.items.map((pod) => podRow(pod, usage.of(namespace, pod.metadata.name))),
    quotas: 'seen' in quotas ? quotas.seen.map(quotaRow) : undefined,
    ...pageEnd(page),
    notes: [
      ...('seen' in pods ? [] : [`Pods were not looked at: ${pods.unseen}`]),
      ...('seen' in quotas ? [] : [`ResourceQuotas were not looked at: ${quotas.unseen}`]),
      ...(usage.note ? [usage.note] : []),
    ],
    next:
      page.items[0] &&
      `${call(NAME, { namespace, pod: page.items[0].metadata.name })} says where a pod fits.`,
    note: DATA_NOTE,
  });
}

function pagePods(pods: readonly KubeObject[], paging: Paging, query: Record<string, string>) {
  return pageByAnchor(
    pods,
    (pod) => ({
      rank: podRank(pod, paging.sort),
      id: `${pod.metadata.namespace}/${pod.metadata.name}`,
    }),
    { ...paging, query: { tool: NAME, sort: paging.sort, ...query } },
  );
}

function pageEnd(page: { cursor?: string; remaining: number }) {
  return page.cursor ? { truncated: true, remaining: page.remaining, cursor: page.cursor } : {};
}

/** `cpu: 3 of 12 requested; memory: …` */
function totals(all: Amounts, asked: Amounts | undefined): string {
  if (all.size === 0) return '';
  return ['cpu', 'memory', 'pods']
    .map((name) => {
      const most = amountText(name, all.get(name) ?? 0n);
      if (asked === undefined) return `${name}: ${most} allocatable`;
      return `${name}: ${amountText(name, asked.get(name) ?? 0n)} of ${most} requested`;
    })
    .join('; ')
    .concat('.');
}
