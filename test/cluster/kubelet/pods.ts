import { PodAddresses } from '../../../src/simulation/nodes/addresses.ts';
import {
  type Pod,
  type PodMemory,
  type PodRules,
  type PodStatus,
  stepPod,
  type World,
} from '../../../src/simulation/pod-rules/index.ts';
import type { Api } from './api.ts';
import type { EventRecorder } from './events.ts';
import { NODE_ADDRESS } from './nodes.ts';
import type { ApiObject } from './reflector.ts';

export type PodObject = Pod & ApiObject;

interface Entry {
  pod: PodObject;
  memory: PodMemory | undefined;
  status: PodStatus | undefined;
  readonly ip: string;
  watchesWorld: boolean;
  removable: boolean;
  /** The status that the API server has, as JSON. */
  sent: string;
  sending: boolean;
  gone: boolean;
  timer: NodeJS.Timeout | undefined;
}

const RETRY_MS = 250;
const SETTLE_MS = 50;
/** Node's longest timer. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Works on the pods bound to our nodes: steps them through the rules and reports their status. */
export class PodWorkers {
  readonly #api: Api;
  readonly #events: EventRecorder;
  readonly #log: (line: string) => void;
  readonly #rules: PodRules;
  readonly #nodes: ReadonlySet<string>;
  readonly #entries = new Map<string, Entry>();
  readonly #addresses = new PodAddresses();
  #world: World | undefined;
  #worldTimer: NodeJS.Timeout | undefined;

  constructor(
    api: Api,
    events: EventRecorder,
    rules: PodRules,
    nodes: readonly string[],
    log: (line: string) => void,
  ) {
    this.#api = api;
    this.#log = log;
    this.#events = events;
    this.#rules = rules;
    this.#nodes = new Set(nodes);
  }

  /** Nothing runs before the world is known. */
  begin(world: World): void {
    this.#world = world;
    for (const entry of this.#entries.values()) this.#work(entry);
  }

  replaced(pods: readonly PodObject[]): void {
    const present = new Set(pods.map((pod) => pod.metadata.uid));
    for (const uid of this.#entries.keys()) if (!present.has(uid)) this.#drop(uid);
    for (const pod of pods) this.changed(pod);
  }

  changed(pod: PodObject): void {
    if (!this.#nodes.has(pod.spec.nodeName ?? '')) return;
    const known = this.#entries.get(pod.metadata.uid);
    if (known !== undefined) {
      const before = known.pod;
      known.pod = pod;
      if (concernsNode(before, pod)) this.#work(known);
      return;
    }
    const entry: Entry = {
      pod,
      memory: undefined,
      status: undefined,
      ip: pod.spec.hostNetwork === true ? NODE_ADDRESS : this.#addresses.take(pod.status?.podIP),
      watchesWorld: false,
      removable: false,
      sent: '',
      sending: false,
      gone: false,
      timer: undefined,
    };
    this.#entries.set(pod.metadata.uid, entry);
    this.#work(entry);
  }

  deleted(pod: PodObject): void {
    this.#drop(pod.metadata.uid);
  }

  /** Services or peers changed: the pods that talk to them look again, soon. */
  worldChanged(): void {
    if (this.#api.signal.aborted) return;
    this.#worldTimer ??= setTimeout(() => {
      this.#worldTimer = undefined;
      for (const entry of this.#entries.values()) if (entry.watchesWorld) this.#work(entry);
    }, SETTLE_MS);
  }

  /** The value that the running pods with these labels hold for a variable. */
  peerVariable(
    namespace: string,
    selector: Readonly<Record<string, string>>,
    variable: string,
  ): string | undefined {
    for (const { pod, memory } of this.#entries.values()) {
      if (pod.metadata.namespace !== namespace) continue;
      const labels = pod.metadata.labels ?? {};
      if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) continue;
      const value = runningEnvironments(memory)
        .map((environment) => environment[variable])
        .find((one) => one !== undefined);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Whether the pod accepts connections on that port; undefined for a pod that isn't ours. */
  listens(uid: string, port: number): boolean | undefined {
    const memory = this.#entries.get(uid)?.memory;
    return memory && listenersOf(memory).some((it) => it.port === port && it.openAt <= Date.now());
  }

  /** A pod and what its node remembers, for its logs. */
  find(namespace: string, name: string): { pod: Pod; memory: PodMemory } | undefined {
    for (const { pod, memory } of this.#entries.values()) {
      if (pod.metadata.namespace === namespace && pod.metadata.name === name && memory) {
        return { pod, memory };
      }
    }
    return undefined;
  }

  stop(): void {
    clearTimeout(this.#worldTimer);
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
    this.#entries.clear();
  }

  #work(entry: Entry): void {
    if (this.#world === undefined || entry.gone || this.#api.signal.aborted) return;
    clearTimeout(entry.timer);
    const now = Date.now();
    const step = stepPod({
      pod: entry.pod,
      memory: entry.memory,
      nodeName: entry.pod.spec.nodeName ?? '',
      hostIp: NODE_ADDRESS,
      podIp: entry.ip,
      world: this.#world,
      rules: this.#rules,
      now,
    });
    const secrets = heldSecrets(entry.memory) !== heldSecrets(step.memory);
    entry.memory = step.memory;
    entry.status = step.status;
    entry.watchesWorld = step.watchesWorld;
    entry.removable = step.removable;
    for (const event of step.events) this.#events.record(entry.pod, event);
    if (Number.isFinite(step.wakeAt)) {
      const delay = Math.min(Math.max(step.wakeAt - now, 1), LONGEST_TIMER);
      entry.timer = setTimeout(() => this.#work(entry), delay);
    }
    if (secrets) this.worldChanged();
    void this.#report(entry);
  }

  /** Sends the newest status, one request at a time per pod; removes the pod at its end. */
  async #report(entry: Entry): Promise<void> {
    if (entry.sending) return;
    entry.sending = true;
    const { namespace, name, uid } = entry.pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    while (!entry.gone && !this.#api.signal.aborted) {
      const wanted = JSON.stringify(entry.status);
      if (wanted !== entry.sent) {
        const body = { metadata: { uid }, status: entry.status };
        const { status, body: answer } = await this.#api.patch(`${path}/status`, body);
        // An invalid status stays invalid: say so once and wait for the next one.
        if (status === 422) this.#log(`${path}/status: ${JSON.stringify(answer)}`);
        if (status === 200 || status === 422) entry.sent = wanted;
        else if (await this.#refused(entry, status)) break;
        continue;
      }
      if (!entry.removable) break;
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      const { status } = await this.#api.send('DELETE', path, options);
      if (status === 200 || status === 202 || (await this.#refused(entry, status))) break;
    }
    entry.sending = false;
  }

  /** After an unsuccessful request: true when the pod is no longer ours to report. */
  async #refused(entry: Entry, status: number): Promise<boolean> {
    // 409 is a pod of that name with another uid, or a race: the watch tells which.
    if (status === 404) return true;
    await this.#api.pause(RETRY_MS);
    return entry.gone;
  }

  #drop(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.gone = true;
    clearTimeout(entry.timer);
    this.#entries.delete(uid);
    this.#addresses.release(entry.ip);
    this.#events.forget(uid);
    if (heldSecrets(entry.memory) !== '') this.worldChanged();
  }
}

/** Whether the node has work after this change; its own status reports come back here too. */
function concernsNode(before: Pod, after: Pod): boolean {
  return (
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.metadata.deletionGracePeriodSeconds !== after.metadata.deletionGracePeriodSeconds ||
    before.metadata.generation !== after.metadata.generation ||
    (after.spec.readinessGates?.length ?? 0) > 0
  );
}

function listenersOf({ init, main }: PodMemory) {
  return [...init, ...main].flatMap(({ phase }) =>
    phase.kind === 'running' ? phase.run.listeners : [],
  );
}

function runningEnvironments(memory: PodMemory | undefined) {
  return (memory?.main ?? []).flatMap(({ phase }) =>
    phase.kind === 'running' ? [phase.environment] : [],
  );
}

/** The credentials that a pod runs with, in a form to compare. */
function heldSecrets(memory: PodMemory | undefined): string {
  return runningEnvironments(memory)
    .flatMap((environment) => Object.entries(environment))
    .filter(([name]) => name.endsWith('_PASSWORD'))
    .join('\n');
}
