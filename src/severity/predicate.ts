import type { KubeObject } from '../core/kube.ts';
import { factsOf } from './facts.ts';
import { shorten } from './text.ts';
import type { SeveritySettings } from './types.ts';
import { keyOf, type Owner, type View } from './view.ts';

/** One thing a predicate found; the measurement adds weight and id. */
export interface Finding {
  readonly object: Owner;
  /** Part of the id: one word for one sickness, the same while its symptoms alternate. */
  readonly reason: string;
  /** In (0, 1]. */
  readonly value: number;
  readonly message: string;
  readonly pods?: readonly string[];
}

export interface Context {
  readonly view: View;
  readonly settings: SeveritySettings;
  /** What the containers of all pods show, the restarts since the baseline included. */
  readonly hits: readonly PodHit[];
  /** Pods with a container in trouble, as `ns/pod`. */
  readonly troubled: ReadonlySet<string>;
  /** Pods that crash again and again, even in a moment when they look ready. */
  readonly flapping: ReadonlySet<string>;
}

/** A pure rule over a snapshot. */
export interface Predicate {
  /** First part of a violation's id; the key under which a policy overrides the weight. */
  readonly id: string;
  readonly weight: number;
  find(context: Context): Finding[];
}

/** What one pod shows. */
export interface PodHit {
  readonly pod: KubeObject;
  readonly reason: string;
  readonly message: string;
}

const PODS_NAMED = 5;

/** Pod hits as findings about their owners: the value is the share of the owner's pods. */
export function byOwner(view: View, hits: readonly PodHit[]): Finding[] {
  const groups = new Map<string, { owner: Owner; hits: PodHit[] }>();
  for (const hit of hits) {
    const owner = view.ownerOf(hit.pod);
    const key = `${keyOf(owner)}|${hit.reason}`;
    const group = groups.get(key) ?? { owner, hits: [] };
    group.hits.push(hit);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ owner, hits: found }) => {
    const pods = [...new Set(found.map((hit) => hit.pod.metadata.name))];
    const total = Math.max(view.podsOf(owner).length, pods.length);
    const first = found[0];
    return {
      object: owner,
      reason: first?.reason ?? '',
      value: pods.length / total,
      message: `${pods.length} of ${total} pods: ${shorten(first?.message ?? '')}`,
      pods: pods.slice(0, PODS_NAMED),
    };
  });
}

export function isFlapping(context: Context, pod: KubeObject): boolean {
  return context.flapping.has(factsOf(pod).key);
}

export function graceMs(context: Context): number {
  return context.settings.settle.graceSeconds * 1000;
}
