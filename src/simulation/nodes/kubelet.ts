import { equalJson, type Json, type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Client } from '../controllers/client.ts';
import type { Controller } from '../controllers/loop.ts';
import {
  type Pod,
  type PodMemory,
  type PodRules,
  stepPod,
  type World,
} from '../pod-rules/index.ts';
import { matchesPairs } from '../rules/selector.ts';
import type { Change } from '../store.ts';
import { PodAddresses } from './addresses.ts';
import type { LogSource } from './container-log.ts';
import { NODE_ADDRESS } from './register.ts';
import { worldOf } from './world.ts';

interface Entry {
  pod: KubeObject;
  memory: PodMemory | undefined;
  readonly ip: string;
  watchesWorld: boolean;
}

/** Runs the pods that have a node, by the rules of pod-rules. Keys are the pods' uids. */
export class Kubelet implements Controller, LogSource {
  readonly #client: Client;
  readonly #rules: PodRules;
  readonly #world: World;
  readonly #entries = new Map<string, Entry>();
  readonly #addresses = new PodAddresses();

  constructor(client: Client, rules: PodRules) {
    this.#client = client;
    this.#rules = rules;
    this.#world = worldOf(client, {
      variable: (...args) => this.#peerVariable(...args),
      listens: (...args) => this.#listens(...args),
    });
  }

  concerns({ kind, type, object }: Change): readonly string[] {
    if (['Service', 'Secret', 'EndpointSlice'].includes(kind.kind)) {
      return [...this.#entries].filter(([, it]) => it.watchesWorld).map(([uid]) => uid);
    }
    if (kind.kind !== 'Pod' || !objectOf(object.spec).nodeName) return [];
    const uid = object.metadata.uid ?? '';
    if (type === 'DELETED') {
      this.#drop(uid);
      return this.#watchers();
    }
    const known = this.#entries.get(uid);
    if (known !== undefined) known.pod = object;
    else this.#entries.set(uid, this.#enter(object));
    return [uid];
  }

  reconcile(uid: string): number | undefined {
    const entry = this.#entries.get(uid);
    const client = this.#client;
    if (entry === undefined) return undefined;
    const { pod } = entry;
    const nodeName = String(objectOf(pod.spec).nodeName);
    const step = stepPod({
      pod: pod as unknown as Pod,
      memory: entry.memory,
      nodeName,
      hostIp: NODE_ADDRESS,
      podIp: entry.ip,
      world: this.#world,
      rules: this.#rules,
      now: client.now,
    });
    entry.memory = step.memory;
    entry.watchesWorld = step.watchesWorld;
    for (const event of step.events) client.event(pod, { ...event, host: nodeName });
    const live = client.get('Pod', pod.metadata.namespace, pod.metadata.name);
    if (live?.metadata.uid !== uid) return undefined;
    this.#report(live, step.status as unknown as JsonObject);
    if (step.removable) {
      client.remove(live, undefined, 0);
      return undefined;
    }
    return Number.isFinite(step.wakeAt) ? Math.max(1, step.wakeAt - client.now) : undefined;
  }

  find(namespace: string, name: string): { pod: Pod; memory: PodMemory } | undefined {
    for (const { pod, memory } of this.#entries.values()) {
      const { metadata } = pod;
      if (metadata.namespace === namespace && metadata.name === name && memory !== undefined) {
        return { pod: pod as unknown as Pod, memory };
      }
    }
    return undefined;
  }

  #report(live: KubeObject, status: JsonObject): void {
    const before = objectOf(live.status);
    const same = Object.entries(status).every(([name, value]) =>
      name === 'conditions'
        ? sameConditions(value, before.conditions)
        : equalJson(value, before[name]),
    );
    if (!same) this.#client.patch(live, { status }, 'status');
  }

  #enter(pod: KubeObject): Entry {
    const onHost = objectOf(pod.spec).hostNetwork === true;
    const known = objectOf(pod.status).podIP;
    const ip = onHost
      ? NODE_ADDRESS
      : this.#addresses.take(typeof known === 'string' ? known : undefined);
    return { pod, memory: undefined, ip, watchesWorld: false };
  }

  #drop(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry !== undefined) this.#addresses.release(entry.ip);
    this.#entries.delete(uid);
  }

  #watchers(): string[] {
    return [...this.#entries].filter(([, it]) => it.watchesWorld).map(([uid]) => uid);
  }

  #listens(uid: string, port: number): boolean | undefined {
    const memory = this.#entries.get(uid)?.memory;
    return (
      memory &&
      [...memory.init, ...memory.main].some(
        ({ phase }) =>
          phase.kind === 'running' &&
          phase.run.listeners.some((it) => it.port === port && it.openAt <= this.#client.now),
      )
    );
  }

  #peerVariable(namespace: string, selector: JsonObject, variable: string): string | undefined {
    for (const { pod, memory } of this.#entries.values()) {
      if (pod.metadata.namespace !== namespace) continue;
      if (!matchesPairs(selector, objectOf(pod.metadata.labels))) continue;
      for (const { phase } of memory?.main ?? []) {
        const value = phase.kind === 'running' ? phase.environment[variable] : undefined;
        if (value !== undefined) return value;
      }
    }
    return undefined;
  }
}

/** The kubelet's own conditions are as they were; others (PodScheduled) are not its business. */
function sameConditions(mine: Json | undefined, all: Json | undefined): boolean {
  const known = Array.isArray(all) ? all.map(objectOf) : [];
  const bare = (it: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(it).filter(([, value]) => value !== null));
  return (Array.isArray(mine) ? mine.map(objectOf) : []).every((one) => {
    const other = known.find((it) => it.type === one.type);
    return other !== undefined && equalJson(bare(one), bare(other));
  });
}
