import type { Clock } from '../core/clock.ts';
import { at } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { unintelligible, unreachable } from './failures.ts';
import type { CallOptions, ListQuery, WatchEvent } from './types.ts';
import { eventOf, lines, openWatch } from './watch.ts';
import { wireOf } from './wire.ts';

/** A watch that is read as it comes, by itself. */
export interface FollowedWatch {
  /** Milliseconds since its last byte (or its headers); 0 while an event has come in part. */
  quietMs(): number;
  /** False once it has ended, however. */
  isOpen(): boolean;
  close(): void;
}

/**
 * Opens a watch and hands each event to `onEvent`; what that throws ends the watch. Resolves when
 * the server has accepted it.
 * @throws StratusError, a 410 as conflict.
 */
export async function followWatch(
  connection: ClusterConnection,
  query: ListQuery & { resourceVersion: string },
  onEvent: (event: WatchEvent) => void,
  options: CallOptions,
): Promise<FollowedWatch> {
  const clock: Clock = wireOf(connection).clock;
  const own = new AbortController();
  const abort = () => own.abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted) abort();
  const opened = openWatch(connection, query, {}, { ...options, signal: own.signal });
  const body = await opened
    .catch((error: unknown) => {
      throw unreachable(connection, error);
    })
    // From now on it lives on its own; the call that opened it may end.
    .finally(() => options.signal?.removeEventListener('abort', abort));

  let open = true;
  let isPartial = false;
  let lastByte = clock.monotonic();
  const onBytes = (partial: boolean) => {
    isPartial = partial;
    lastByte = clock.monotonic();
  };
  const readAll = async () => {
    for await (const line of lines(body, onBytes)) {
      if (!open) return;
      onEvent(eventOf(connection, query, line));
    }
  };
  const ended = () => {
    open = false;
    own.abort();
  };
  readAll().then(ended, ended);
  return {
    quietMs: () => (isPartial ? 0 : clock.monotonic() - lastByte),
    isOpen: () => open,
    close: ended,
  };
}

/** Matches no object, whatever its labels are. */
const NOTHING = 'stratus-mcp/none,!stratus-mcp/none';
const END_OF_INITIAL = 'k8s.io/initial-events-end';

/**
 * Asks the API server to say, in a watch, that its cache of this kind has everything that was
 * written before the question: a streaming list (KEP-3157) of no object, which ends with a bookmark
 * as soon as that is so. Some milliseconds on a quiet cluster, 100 where etcd has to be asked for
 * its progress (Kubernetes 1.36). Returns that bookmark's resourceVersion.
 * @throws StratusError, also where the server knows no streaming lists.
 */
export async function caughtUp(
  connection: ClusterConnection,
  query: ListQuery,
  options: CallOptions,
): Promise<string> {
  const { resource, namespace } = query;
  const empty = { resource, labelSelector: NOTHING, metadataOnly: true };
  const parameters = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
  const own = new AbortController();
  const late = setTimeout(() => own.abort(), options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, own.signal]) : own.signal;
  try {
    const body = await openWatch(
      connection,
      namespace === undefined ? empty : { ...empty, namespace },
      parameters,
      { ...options, signal },
    );
    for await (const line of lines(body)) {
      const { type, object } = eventOf(connection, query, line);
      const { resourceVersion } = object.metadata;
      const isEnd = at(object, 'metadata', 'annotations', END_OF_INITIAL) === 'true';
      if (type === 'BOOKMARK' && isEnd && resourceVersion) return resourceVersion;
    }
    throw unintelligible(connection, 'a whole streaming list');
  } catch (error) {
    throw unreachable(connection, error);
  } finally {
    clearTimeout(late);
    own.abort();
  }
}
