import {
  defaultPodRules,
  type LogLine,
  type Pod,
  type PodEvent,
  type PodRules,
  type Step,
  stepPod,
  type World,
} from '../../src/simulation/pod-rules/index.ts';

type Container = Pod['spec']['containers'][number];
type Data = Readonly<Record<string, string>>;

/** Objects that exist, by name, all in the pod's namespace. */
export interface WorldObjects {
  configMaps?: Record<string, Data>;
  secrets?: Record<string, Data>;
  services?: Record<string, readonly number[]>;
  /** Ports of Services behind which nobody listens. */
  refusing?: Record<string, readonly number[]>;
  claims?: readonly string[];
  /** Variables that the pods behind a Service run with. */
  peers?: Record<string, Data>;
  /** `VERB RESOURCE` that every ServiceAccount may do. */
  allowed?: readonly string[];
}

export const web: Container = { name: 'web', image: 'local/web:1' };

export function podOf(spec: Partial<Pod['spec']>): Pod {
  return {
    metadata: { name: 'catalog-1', namespace: 'shop', uid: 'uid-1', generation: 1 },
    spec: { nodeName: 'node-1', containers: [web], ...spec },
  };
}

/** A pod on a simulated node with a clock that only moves when told: one second is one second. */
export class Timeline {
  pod: Pod;
  readonly objects: WorldObjects;
  readonly events: PodEvent[] = [];
  readonly #rules: PodRules;
  #now = Date.UTC(2026, 0, 1);
  #step: Step | undefined;

  constructor(pod: Pod, objects: WorldObjects = {}, rules: Partial<PodRules> = {}) {
    this.pod = pod;
    this.objects = objects;
    this.#rules = { ...defaultPodRules, timeScale: 1, ...rules };
    this.touch();
  }

  /** Lets time pass; the pod is stepped whenever it asked to be. */
  advance(seconds: number): this {
    const end = this.#now + seconds * 1000;
    for (let wakes = 0; this.last.wakeAt <= end; wakes += 1) {
      if (wakes > 10_000) throw new Error('the pod never comes to rest');
      this.#now = Math.max(this.#now, this.last.wakeAt);
      this.touch();
    }
    this.#now = end;
    return this;
  }

  /** A change from outside: the pod is stepped without being due. */
  touch(): this {
    this.#step = stepPod({
      pod: this.pod,
      memory: this.#step?.memory,
      nodeName: 'node-1',
      hostIp: '127.0.0.1',
      podIp: '10.244.0.5',
      world: worldOf(this.objects),
      rules: this.#rules,
      now: this.#now,
    });
    this.events.push(...this.#step.events);
    return this;
  }

  get last(): Step {
    if (this.#step === undefined) throw new Error('not stepped yet');
    return this.#step;
  }

  get status() {
    return this.last.status;
  }

  container(name = 'web') {
    const { containerStatuses, initContainerStatuses = [] } = this.status;
    const found = [...initContainerStatuses, ...containerStatuses].find((one) => one.name === name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  }

  condition(type: string) {
    return this.status.conditions.find((one) => one.type === type);
  }

  log(name = 'web', run: 'log' | 'previousLog' = 'log'): string[] {
    const { init, main } = this.last.memory;
    const lines: readonly LogLine[] =
      [...init, ...main].find((one) => one.name === name)?.[run] ?? [];
    return lines.map(({ text }) => text);
  }

  messages(reason: string): string[] {
    return this.events.filter((event) => event.reason === reason).map(({ message }) => message);
  }
}

function worldOf(objects: WorldObjects): World {
  return {
    configMap: (_namespace, name) => objects.configMaps?.[name],
    secret: (_namespace, name) => objects.secrets?.[name],
    service: (_namespace, name) => {
      const ports = objects.services?.[name];
      return ports && { ports, refusing: objects.refusing?.[name] ?? [] };
    },
    claimExists: (_namespace, name) => objects.claims?.includes(name) ?? false,
    accessAllowed: ({ verb, resource }) =>
      objects.allowed?.includes(`${verb} ${resource}`) ?? false,
    peerVariable: (_namespace, service, variable) => objects.peers?.[service]?.[variable],
  };
}
