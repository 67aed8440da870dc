import type { ServerResponse } from 'node:http';
import { type JsonObject, stringifyJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { ApiError } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import type { Change } from '../store.ts';
import type { Reply } from './reply.ts';
import type { Route } from './route.ts';
import { testOf } from './select.ts';

const BOOKMARK_MS = 30_000;
const END_OF_INITIAL = 'k8s.io/initial-events-end';

/** A stream of a collection's changes until the client leaves or its time is over. @throws ApiError 410. */
export function watchReply(
  machine: Machine,
  route: Route,
  query: URLSearchParams,
  metadataOnly: boolean,
): Reply {
  const { store } = machine;
  const { kind, namespace, name } = route;
  const test = testOf(kind, query);
  const inScope = (object: KubeObject): boolean =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    test(object);
  const asked = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents') === 'true' || asked === '' || asked === '0';
  const changes = initial ? [] : store.since(kind, Number(asked));
  if (changes === undefined) {
    const why = `too old resource version: ${asked} (${store.version})`;
    throw new ApiError(410, 'Expired', why);
  }
  const past: readonly Change[] = changes;
  return { stream };

  function stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const shown = (object: KubeObject): JsonObject =>
      metadataOnly
        ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
        : object;
    const send = (type: string, object: JsonObject): void => {
      response.write(`${stringifyJson({ type, object })}\n`);
    };
    const tell = (change: Change): void => {
      const isIn = change.type !== 'DELETED' && inScope(change.object);
      const wasIn = change.before !== undefined && inScope(change.before);
      if (isIn) send(wasIn ? 'MODIFIED' : 'ADDED', shown(change.object));
      else if (wasIn) send('DELETED', shown(withVersion(change)));
    };
    const bookmark = (annotations?: JsonObject): void => {
      const metadata: JsonObject = {
        resourceVersion: String(store.version),
        ...(annotations === undefined ? {} : { annotations }),
      };
      const { apiVersion } = kind;
      send('BOOKMARK', shown({ kind: kind.kind, apiVersion, metadata } as KubeObject));
    };
    if (initial)
      for (const object of store.list(kind)) if (inScope(object)) send('ADDED', shown(object));
    if (query.get('sendInitialEvents') === 'true') bookmark({ [END_OF_INITIAL]: 'true' });
    for (const change of past) tell(change);

    const stop = store.subscribe((change) => {
      if (change.kind === kind) tell(change);
    });
    const bookmarks = query.get('allowWatchBookmarks') === 'true';
    const timer = setInterval(() => bookmarks && bookmark(), BOOKMARK_MS);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    const end = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
    response.once('close', () => {
      stop();
      clearInterval(timer);
      clearTimeout(end);
    });
  }
}

/** What is left of an object that went away, or out of sight, carries the version of that. */
function withVersion({ type, object, before, version }: Change): KubeObject {
  const last = type === 'DELETED' ? object : (before ?? object);
  return { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } };
}
