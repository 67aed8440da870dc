import type { Clock } from '../../core/clock.ts';
import { ApiError } from '../api/error.ts';
import type { Change, Store } from '../store.ts';

/** Brings one part of the cluster to where its objects say it should be. */
export interface Controller {
  /** Keys of what a change may concern. */
  concerns(change: Change): readonly string[];
  /** Works on one key, and says in how many ms it wants to look again. What it throws is retried. */
  reconcile(key: string): number | undefined;
}

const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 15_000;
const LONGEST_TIMER = 2 ** 31 - 1;

interface Work {
  readonly controller: Controller;
  readonly key: string;
}

/** Runs controllers: changes queue keys, each key is worked on once however often it was queued. */
export class ControlLoop {
  readonly #log: (line: string) => void;
  readonly #clock: Clock;
  readonly #controllers: readonly Controller[];
  readonly #queued = new Map<Controller, Set<string>>();
  readonly #later = new Map<Controller, Map<string, AbortController>>();
  readonly #failures = new Map<Controller, Map<string, number>>();
  readonly #unsubscribe: () => void;
  #turn: NodeJS.Immediate | undefined;
  #stopped = false;

  /** @param log hears of defects: of what a controller threw that no API server said. */
  constructor(
    store: Store,
    clock: Clock,
    controllers: readonly Controller[],
    log: (line: string) => void,
  ) {
    this.#log = log;
    this.#clock = clock;
    this.#controllers = controllers;
    for (const controller of controllers) {
      this.#queued.set(controller, new Set());
      this.#later.set(controller, new Map());
      this.#failures.set(controller, new Map());
    }
    this.#unsubscribe = store.subscribe((change) => this.#changed(change));
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    clearImmediate(this.#turn);
    for (const timers of this.#later.values()) for (const timer of timers.values()) timer.abort();
  }

  #changed(change: Change): void {
    for (const controller of this.#controllers) {
      for (const key of controller.concerns(change)) this.#add({ controller, key });
    }
  }

  #add({ controller, key }: Work): void {
    if (this.#stopped) return;
    this.#queued.get(controller)?.add(key);
    this.#turn ??= setImmediate(() => this.#drain());
  }

  #drain(): void {
    this.#turn = undefined;
    for (const [controller, keys] of this.#queued) {
      const batch = [...keys];
      keys.clear();
      for (const key of batch) if (!this.#stopped) this.#work({ controller, key });
    }
  }

  #work(work: Work): void {
    const { controller, key } = work;
    this.#cancel(work);
    const failures = this.#failures.get(controller);
    let again: number | undefined;
    try {
      again = controller.reconcile(key);
      failures?.delete(key);
    } catch (error) {
      if (!(error instanceof ApiError))
        this.#log(`a controller failed at ${key}: ${String(error)}`);
      // A refusal (quota, admission, a race) is met again later, as a workqueue does.
      const count = failures?.get(key) ?? 0;
      failures?.set(key, count + 1);
      again = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(count, 20));
    }
    if (again !== undefined && Number.isFinite(again)) this.#after(work, again);
  }

  #cancel({ controller, key }: Work): void {
    this.#later.get(controller)?.get(key)?.abort();
    this.#later.get(controller)?.delete(key);
  }

  #after(work: Work, ms: number): void {
    const timer = new AbortController();
    this.#later.get(work.controller)?.set(work.key, timer);
    const delay = Math.min(LONGEST_TIMER, Math.max(1, ms));
    this.#clock.sleep(delay, timer.signal).then(
      () => this.#add(work),
      () => {},
    );
  }
}
