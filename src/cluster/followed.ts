import { isKubeObject, type KubeObject } from '../core/kube.ts';
import type { ClusterConnection } from './connect.ts';
import { unintelligible } from './failures.ts';
import { caughtUp, type FollowedWatch, followWatch } from './followed-watch.ts';
import type { Keep } from './lists.ts';
import type { CallOptions, ListPage, ListQuery, WatchEvent } from './types.ts';
import { wireOf } from './wire.ts';

/** One collection, listed once and followed from there. `feed.ts` says why it can be trusted. */
export interface Followed {
  /** Opens the watch where the last one, or the list, left off. @throws like {@link Followed.prove}. */
  resume(options: CallOptions): Promise<void>;
  /**
   * Makes sure that all that was written before this call is in `items`. After a failure the
   * collection is good for nothing.
   * @throws StratusError; conflict when the server no longer has what came since.
   */
  prove(options: CallOptions & { readonly timeoutMs: number }): Promise<void>;
  /** True while the watch of the last proof runs. */
  isSound(): boolean;
  /** In the order of a list; the same array while nothing changed. */
  items(): readonly KubeObject[];
  close(): void;
}

const LEAST_QUIET_MS = 5;
const MOST_QUIET_MS = 50;
const TURN_MS = 2;

export function createFollowed(
  connection: ClusterConnection,
  query: ListQuery,
  page: ListPage,
  keep: Keep,
): Followed {
  const { clock } = wireOf(connection);
  const objects = new SortedObjects(page.items);
  let { resourceVersion } = page;
  let watch: FollowedWatch | undefined;
  let closed = false;

  function apply({ type, object }: WatchEvent): void {
    const version = object.metadata.resourceVersion;
    if (!version) throw unintelligible(connection, 'a watch event');
    if (type !== 'BOOKMARK') {
      if (!isKubeObject(object)) throw unintelligible(connection, 'a watch event');
      if (type === 'DELETED') objects.delete(object);
      else objects.set(keep(object));
    }
    resourceVersion = version;
  }

  /** The replay has come: past what was asked for, or nothing more comes though it had the time. */
  async function atRest(running: FollowedWatch, wanted: string, tookMs: number, deadline: number) {
    const wantedMs = Math.min(MOST_QUIET_MS, Math.max(LEAST_QUIET_MS, tookMs));
    // Counted in turns of the event loop, each of which reads what has come: a process that stood
    // still has heard nothing, which isn't silence.
    for (let quietMs = 0; !isAtLeast(resourceVersion, wanted) && quietMs < wantedMs; ) {
      if (clock.monotonic() > deadline) throw unintelligible(connection, 'a watch that keeps up');
      await clock.sleep(TURN_MS);
      quietMs = running.quietMs() < TURN_MS ? 0 : quietMs + TURN_MS;
    }
  }

  async function resume(options: CallOptions): Promise<FollowedWatch> {
    // Its events so far are in; the new one begins after them.
    watch?.close();
    const from = { ...query, resourceVersion };
    const opened = await followWatch(connection, from, apply, options);
    watch = opened;
    if (closed) opened.close();
    return opened;
  }

  return {
    async resume(options) {
      await resume(options);
    },
    async prove(options) {
      const began = clock.monotonic();
      const asked = clock.monotonic();
      const wanted = await caughtUp(connection, query, options);
      const tookMs = clock.monotonic() - asked;
      // Not before: what the cache only gets now reaches a watch that is open already some moments
      // later (measured: 9 of 6,000 proofs on a busy server), but is part of a new one's replay.
      const running = await resume(options);
      await atRest(running, wanted, tookMs, began + options.timeoutMs);
      options.signal?.throwIfAborted();
      if (!running.isOpen()) throw unintelligible(connection, 'a watch that lasts');
    },
    isSound: () => watch?.isOpen() === true,
    items: () => objects.list(),
    close() {
      closed = true;
      watch?.close();
    },
  };
}

/**
 * Whether one resourceVersion is the other or later. Of one kind they are comparable numbers
 * (KEP-5504); where they aren't numbers, nothing is known.
 */
function isAtLeast(version: string, other: string): boolean {
  if (!/^[1-9]\d*$/.test(version) || !/^[1-9]\d*$/.test(other)) return false;
  return version.length === other.length ? version >= other : version.length > other.length;
}

/** Objects by `namespace/name`, the order of lists. */
class SortedObjects {
  #objects: Map<string, KubeObject>;
  #isSorted = true;
  #list: readonly KubeObject[] | undefined;

  constructor(items: readonly KubeObject[]) {
    this.#objects = new Map(items.map((it) => [nameOf(it), it]));
    this.#list = items;
  }

  set(object: KubeObject): void {
    const name = nameOf(object);
    if (!this.#objects.has(name)) this.#isSorted = false;
    this.#objects.set(name, object);
    this.#list = undefined;
  }

  delete(object: KubeObject): void {
    if (this.#objects.delete(nameOf(object))) this.#list = undefined;
  }

  list(): readonly KubeObject[] {
    if (!this.#isSorted) {
      this.#objects = new Map([...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)));
      this.#isSorted = true;
    }
    this.#list ??= [...this.#objects.values()];
    return this.#list;
  }
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
