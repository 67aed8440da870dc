import type { Pod, PodEvent } from '../../../src/simulation/pod-rules/index.ts';
import type { Api } from './api.ts';

interface Series {
  readonly name: string;
  readonly first: string;
  count: number;
  written: number;
  busy: boolean;
}

interface Budget {
  tokens: number;
  filledAt: number;
  readonly series: Map<string, Series>;
}

/** A kubelet's own limit per object: a burst of 25, then a trickle. */
const BURST = 25;
const REFILL_MS = 30_000;
const TRIES = 12;
const RETRY_MS = 500;

/** Writes the events of pods: repeats are counted on one Event, floods are cut. */
export class EventRecorder {
  readonly #api: Api;
  readonly #pods = new Map<string, Budget>();
  #serial = 0;

  constructor(api: Api) {
    this.#api = api;
  }

  record(pod: Pod, event: PodEvent): void {
    const budget = this.#budgetOf(pod.metadata.uid);
    if (!take(budget)) return;
    const key = `${event.type}|${event.reason}|${event.fieldPath ?? ''}|${event.message}`;
    let series = budget.series.get(key);
    if (series === undefined) {
      const name = `${pod.metadata.name}.${this.#suffix()}`;
      series = { name, first: now(), count: 0, written: 0, busy: false };
      budget.series.set(key, series);
    }
    series.count += 1;
    void this.#write(pod, event, series);
  }

  forget(podUid: string): void {
    this.#pods.delete(podUid);
  }

  async #write(pod: Pod, event: PodEvent, series: Series): Promise<void> {
    if (series.busy) return;
    series.busy = true;
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/events`;
    let tries = 0;
    while (series.written < series.count && !this.#api.signal.aborted) {
      const { count } = series;
      if (series.written > 0) {
        const change = { count, lastTimestamp: now() };
        const { status } = await this.#api.patch(`${path}/${series.name}`, change);
        if (status !== 404) {
          if (await this.#mustRetry(status, tries++)) continue;
          series.written = count;
          continue;
        }
      }
      const { status } = await this.#api.send('POST', path, body(pod, event, series));
      if (await this.#mustRetry(status, tries++)) continue;
      series.written = count;
    }
    series.busy = false;
  }

  /** Like a kubelet's recorder: an event that the API server didn't take is sent again, 12 times. */
  async #mustRetry(status: number, tries: number): Promise<boolean> {
    const taken = status !== 0 && status !== 429 && status < 500;
    if (taken || tries >= TRIES) return false;
    await this.#api.pause(RETRY_MS);
    return true;
  }

  #budgetOf(podUid: string): Budget {
    let budget = this.#pods.get(podUid);
    if (budget === undefined) {
      budget = { tokens: BURST, filledAt: Date.now(), series: new Map() };
      this.#pods.set(podUid, budget);
    }
    return budget;
  }

  #suffix(): string {
    this.#serial += 1;
    return (Date.now() * 4096 + (this.#serial % 4096)).toString(16);
  }
}

function take(budget: Budget): boolean {
  const gained = Math.floor((Date.now() - budget.filledAt) / REFILL_MS);
  if (gained > 0) {
    budget.tokens = Math.min(BURST, budget.tokens + gained);
    budget.filledAt += gained * REFILL_MS;
  }
  if (budget.tokens === 0) return false;
  budget.tokens -= 1;
  return true;
}

function body(pod: Pod, event: PodEvent, series: Series): object {
  const { name, namespace, uid } = pod.metadata;
  const { nodeName } = pod.spec;
  return {
    metadata: { name: series.name, namespace },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      name,
      namespace,
      uid,
      ...(event.fieldPath !== undefined && { fieldPath: event.fieldPath }),
    },
    type: event.type,
    reason: event.reason,
    message: event.message,
    count: series.count,
    firstTimestamp: series.first,
    lastTimestamp: now(),
    source: { component: 'kubelet', host: nodeName },
    reportingComponent: 'kubelet',
    reportingInstance: nodeName,
  };
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
