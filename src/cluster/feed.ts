import { StratusError } from '../core/errors.ts';
import type { KubeObject } from '../core/kube.ts';
import type { ClusterConnection } from './connect.ts';
import { giveBackMemory } from './feed-memory.ts';
import { createFollowed, type Followed } from './followed.ts';
import { type Keep, listAll } from './lists.ts';
import { listPath } from './paths.ts';
import type { CallOptions, ListPage, ListQuery } from './types.ts';
import { wireOf } from './wire.ts';

/** A collection as it stands. */
export interface Current {
  /**
   * The objects, in the order of a list. Read it once all collections of a question are there: what
   * has come meanwhile is in it. Undefined when its evidence broke since: ask again.
   */
  items(): readonly KubeObject[] | undefined;
}

export interface FeedOptions extends CallOptions {
  /** What is kept of each object. The same function for the same query, always. */
  readonly keep: Keep;
}

/**
 * Large collections kept current by watches, small ones listed each time.
 *
 * What was written before `current` is called is in its answer. An object that didn't change is the
 * same JavaScript object in the next answer.
 *
 * **Why the answer isn't old.** A watch that says nothing may be quiet, or dead: a NAT may have dropped
 * it, the API server may stand still, a proxy may swallow its bytes, the server's cache may lag. So a
 * running watch is never evidence by itself. Each call of `current` proves anew (`followed.ts`):
 * 1. a second, empty watch on the same collection asks the server to tell, in the stream, when its
 *    cache has all that was written before the question: so bodies of watches do come through, now;
 * 2. then the watch is opened again, after the last event that was seen: the server replays what
 *    came since, so that whatever the old connection swallowed is made good;
 * 3. both have to succeed within 2 s, and the watch has to be at rest then: past the version of the
 *    empty one, or silent for as long as that took (5 to 50 ms).
 * What fails that proof in any way (a refusal, a 410, silence, a line that isn't an event) is thrown
 * away, and the collection listed afresh by a quorum read; what fails the list is thrown. A
 * collection that failed its proof is only listed for the next minute. API servers without
 * streaming lists (before Kubernetes 1.34, unless switched on) are listed always.
 *
 * **What is left.** The replay has no end that the server marks. With several API servers behind one
 * address, the empty watch may be served by another one than the other: a server that lags behind
 * the others would hide what was written within its lag, usually milliseconds.
 */
export interface ListFeed {
  /** @throws StratusError of the list, like `ClusterReader.listAll`. */
  current(query: ListQuery, options: FeedOptions): Promise<Current>;
  /** Ends all watches and forgets all objects; afterwards everything is listed. */
  close(): void;
}

export interface FeedSettings {
  /** Collections of this many objects and more are followed (250 when absent). */
  readonly followFrom?: number;
  /** Unused for this long, everything is dropped: milliseconds, 5 minutes when absent. */
  readonly idleMs?: number;
  /** A proof may take this long, milliseconds (2 s when absent). */
  readonly proofMs?: number;
}

/** A smaller list costs less than the two watches of a proof. */
const FOLLOW_FROM = 250;
const IDLE_MS = 5 * 60_000;
const PROOF_MS = 2_000;
/** Small pages: the first list of a large cluster is the moment of the most memory. */
const PAGE = 250;
/** After a proof failed, the collection is listed only, so that not each call waits for nothing. */
const BENCH_MS = 60_000;

export function createListFeed(
  connection: ClusterConnection,
  settings: FeedSettings = {},
): ListFeed {
  const { followFrom = FOLLOW_FROM, idleMs = IDLE_MS, proofMs = PROOF_MS } = settings;
  const { clock } = wireOf(connection);
  const held = new Map<string, Followed>();
  const benched = new Map<string, number>();
  const turns = new Map<string, Promise<unknown>>();
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  function dropAll(): void {
    for (const followed of held.values()) followed.close();
    held.clear();
  }

  function stayAwake(): void {
    clearTimeout(idle);
    if (closed) return;
    idle = setTimeout(() => {
      const isMuch = held.size > 0;
      dropAll();
      if (isMuch) giveBackMemory();
    }, idleMs);
    idle.unref();
  }

  async function proven(key: string, options: FeedOptions): Promise<Current | undefined> {
    const followed = held.get(key);
    if (followed === undefined) return undefined;
    try {
      await followed.prove({ ...options, timeoutMs: proofMs });
      return { items: () => (followed.isSound() ? followed.items() : undefined) };
    } catch (error) {
      options.signal?.throwIfAborted();
      giveUp(key, error);
      return undefined;
    } finally {
      // Cancelled half-way, nobody knows what it has seen.
      if (!followed.isSound()) drop(key);
    }
  }

  function drop(key: string): void {
    held.get(key)?.close();
    held.delete(key);
  }

  function giveUp(key: string, error: unknown): void {
    drop(key);
    // The server no longer has what came since; that says nothing against the way to it.
    const isGone = error instanceof StratusError && error.code === 'conflict';
    if (!isGone) benched.set(key, clock.monotonic() + BENCH_MS);
  }

  async function follow(key: string, query: ListQuery, page: ListPage, options: FeedOptions) {
    const mayFollow = (benched.get(key) ?? 0) <= clock.monotonic();
    if (closed || !mayFollow || page.items.length < followFrom) return;
    const followed = createFollowed(connection, query, page, options.keep);
    held.set(key, followed);
    // From here on, so that the server need not remember until the next question.
    const { signal } = options;
    const limits = { timeoutMs: proofMs, ...(signal === undefined ? {} : { signal }) };
    await followed.resume(limits).catch((error: unknown) => giveUp(key, error));
  }

  async function turn(key: string, query: ListQuery, options: FeedOptions): Promise<Current> {
    stayAwake();
    const current = await proven(key, options);
    if (current !== undefined) return current;
    const paged = { limit: PAGE, ...query };
    const page = await listAll(connection, paged, options, options.keep);
    await follow(key, query, page, options);
    stayAwake();
    return { items: () => page.items };
  }

  return {
    async current(query, options) {
      const key = listPath(query);
      // One after the other: a proof that began before a call is none for it.
      const before = turns.get(key) ?? Promise.resolve();
      const mine = before.then(
        () => turn(key, query, options),
        () => turn(key, query, options),
      );
      turns.set(key, mine);
      const done = () => {
        if (turns.get(key) === mine) turns.delete(key);
      };
      mine.then(done, done);
      return mine;
    },
    close() {
      closed = true;
      clearTimeout(idle);
      dropAll();
    },
  };
}
