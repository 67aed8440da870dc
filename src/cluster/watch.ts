import type { Readable } from 'node:stream';
import { at, isObject, type JsonObject, objectOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { ClusterConnection } from './connect.ts';
import { refusal, unintelligible, unreachable } from './failures.ts';
import { listPath } from './paths.ts';
import { jsonIn, statusIn, statusOf } from './status.ts';
import { stream } from './transport.ts';
import type { CallOptions, ListQuery, WatchEvent } from './types.ts';

const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
/** The server ends the watch then, so a connection that died silently is noticed. */
const WATCH_SECONDS = 290;
const SILENCE_MS = (WATCH_SECONDS + 30) * 1000;
const NEWLINE = 10;
const EVENTS = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/** Ends quietly when the signal aborts or the server ends it; a 410 throws conflict. */
export async function* watch(
  connection: ClusterConnection,
  query: ListQuery & { resourceVersion: string },
  options: CallOptions = {},
): AsyncGenerator<WatchEvent, void> {
  try {
    const body = await openWatch(connection, query, {}, options);
    for await (const line of lines(body)) yield eventOf(connection, query, line);
  } catch (error) {
    if (options.signal?.aborted) return;
    throw unreachable(connection, error);
  }
}

/**
 * The body of a watch, once the server has accepted it. Whoever gets it reads it by {@link lines}.
 * @throws StratusError, a 410 as conflict; ExchangeError.
 */
export async function openWatch(
  connection: ClusterConnection,
  query: ListQuery & { resourceVersion?: string },
  parameters: Readonly<Record<string, string | boolean>>,
  options: CallOptions,
): Promise<Readable> {
  const path = listPath(query, {
    watch: true,
    resourceVersion: query.resourceVersion,
    allowWatchBookmarks: true,
    timeoutSeconds: WATCH_SECONDS,
    ...parameters,
  });
  const accept = query.metadataOnly ? METADATA_ONLY : 'application/json';
  const { status, body } = await stream(connection, path, accept, options);
  if (status === 200) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  throw refusal(connection, statusIn(status, Buffer.concat(chunks)), 'unknown_resource');
}

/**
 * Whole lines as they come. What stands after the last newline was cut off and is left out.
 * `onBytes` hears of each piece before its lines are given, and whether it ends in the middle of one.
 */
export async function* lines(
  body: Readable,
  onBytes: (isPartial: boolean) => void = () => {},
): AsyncGenerator<Buffer, void> {
  const silence = setTimeout(() => body.destroy(), SILENCE_MS);
  let parts: Buffer[] = [];
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      silence.refresh();
      onBytes(chunk[chunk.length - 1] !== NEWLINE);
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        yield Buffer.concat([...parts, chunk.subarray(from, end)]);
        parts = [];
        from = end + 1;
      }
      parts.push(chunk.subarray(from));
    }
  } finally {
    clearTimeout(silence);
    body.destroy();
  }
}

/** @throws StratusError for what isn't an event, and for the server's ERROR events. */
export function eventOf(connection: ClusterConnection, query: ListQuery, line: Buffer): WatchEvent {
  const event: JsonObject = objectOf(jsonIn(line));
  const { type, object } = event;
  if (type === 'ERROR') throw refusal(connection, statusOf(objectOf(object), 500));
  if (typeof type !== 'string' || !EVENTS.has(type) || !isObject(at(object, 'metadata'))) {
    throw unintelligible(connection, 'a watch event');
  }
  const { apiVersion, kind } = query.resource;
  return {
    type: type as WatchEvent['type'],
    object: { ...objectOf(object), apiVersion, kind } as KubeObject,
  };
}
