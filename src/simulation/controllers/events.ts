import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { createObject } from '../api/create.ts';
import { ApiError } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import { patchObject } from '../api/patch.ts';
import { kindNamed } from '../kinds.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly fieldPath?: string;
  /** Node of a kubelet's event. */
  readonly host?: string;
}

interface Series {
  readonly name: string;
  readonly first: string;
  count: number;
}

const EVENTS = kindNamed('Event');
/** Series remembered for counting; an older one begins anew. */
const REMEMBERED = 2_000;
/** Of one object at most so many at once, then one every REFILL_MS (client-go's spam filter). */
const BURST = 25;
const REFILL_MS = 300_000;

/** Writes events; repeats are counted on one. */
export class EventBook {
  readonly #machine: Machine;
  readonly #component: string;
  readonly #series = new Map<string, Series>();
  readonly #budgets = new Map<string, { left: number; at: number }>();

  constructor(machine: Machine, component: string) {
    this.#machine = machine;
    this.#component = component;
  }

  record(object: KubeObject, text: EventText): void {
    const { uid = '', namespace = 'default' } = object.metadata;
    if (!this.#mayWrite(uid)) return;
    const key = JSON.stringify([uid, text.type, text.reason, text.message, text.fieldPath ?? '']);
    const known = this.#series.get(key);
    try {
      if (known !== undefined && this.#count(namespace, known)) return;
      this.#create(object, namespace, text, key);
    } catch (error) {
      // A namespace that is going takes no more events; nothing else is refused.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #mayWrite(uid: string): boolean {
    const now = this.#machine.clock.now();
    const budget = this.#budgets.get(uid) ?? { left: BURST, at: now };
    const gained = Math.floor((now - budget.at) / REFILL_MS);
    budget.left = Math.min(BURST, budget.left + gained);
    budget.at += gained * REFILL_MS;
    this.#budgets.set(uid, budget);
    if (budget.left === 0) return false;
    budget.left -= 1;
    return true;
  }

  #count(namespace: string, series: Series): boolean {
    const target = { kind: EVENTS, namespace, name: series.name };
    if (this.#machine.store.get(EVENTS, namespace, series.name) === undefined) return false;
    series.count += 1;
    const patch = { count: series.count, lastTimestamp: this.#machine.timestamp() };
    patchObject(this.#machine, target, 'merge', patch, this.#options());
    return true;
  }

  #create(object: KubeObject, namespace: string, text: EventText, key: string): void {
    const machine = this.#machine;
    const now = machine.timestamp();
    const serial = BigInt(machine.clock.now()) * 1_000_000n + BigInt(this.#series.size % 1_000_000);
    const name = `${object.metadata.name}.${serial.toString(16)}${machine.suffix().slice(0, 2)}`;
    const { type, reason, message, fieldPath, host } = text;
    const body: JsonObject = {
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        ...(object.metadata.namespace === undefined ? {} : { namespace }),
        uid: object.metadata.uid,
        ...(object.metadata.resourceVersion === undefined
          ? {}
          : { resourceVersion: object.metadata.resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: this.#component, ...(host === undefined ? {} : { host }) },
      reportingComponent: this.#component,
      reportingInstance: host ?? '',
    };
    createObject(machine, { kind: EVENTS, namespace, name: '' }, body, this.#options());
    if (this.#series.size > REMEMBERED) this.#series.clear();
    this.#series.set(key, { name, first: now, count: 1 });
  }

  #options() {
    const manager = this.#component;
    return { manager, dryRun: false, validation: 'Ignore' } as const;
  }
}
