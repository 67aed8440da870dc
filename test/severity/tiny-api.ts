import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../src/core/kube.ts';
import { WATCHED_KINDS } from '../../src/severity/kinds.ts';

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

interface OpenWatch {
  readonly kind: string;
  readonly response: ServerResponse;
  swallowed: boolean;
}

/** An API server that stores objects and serves lists, watches and empty streaming lists of them. */
export interface TinyApi {
  readonly url: string;
  /** Whole lists of the kind served so far. */
  lists(kind: string): number;
  /** Watches that are open now. */
  watches(): number;
  put(object: KubeObject): void;
  delete(kind: string, name: string): void;
  /** The watches that are open now stay open and say nothing more. */
  swallow(): void;
  /** Ends the watches that are open now, without a word. */
  cut(): void;
  /** Forgets what happened so far: watches from before now are answered 410. */
  compact(): void;
  /** Decides over the body of each watch; undefined is the usual one. */
  watchBody: ((path: string) => string | 'nothing' | undefined) | undefined;
  close(): void;
}

export async function startTinyApi(): Promise<TinyApi> {
  const objects = new Map<string, KubeObject>();
  const changes: Change[] = [];
  const open = new Set<OpenWatch>();
  const listed = new Map<string, number>();
  let version = 100;
  let forgotten = 0;

  const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

  function change(type: Change['type'], object: KubeObject): KubeObject {
    version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    const stored = { ...object, metadata };
    changes.push({ version, type, object: stored });
    for (const watch of open) {
      const isHeard = watch.kind === object.kind && !watch.swallowed;
      if (isHeard) watch.response.write(line(type, stored));
    }
    return stored;
  }

  function serveWatch(kind: string, url: URL, response: ServerResponse): void {
    const body = api.watchBody?.(url.pathname + url.search);
    const from = Number(url.searchParams.get('resourceVersion') ?? version);
    const isEmpty = url.searchParams.get('sendInitialEvents') === 'true';
    if (!isEmpty && from < forgotten) {
      response.writeHead(410, { 'content-type': 'application/json' });
      response.end('{"kind":"Status","code":410,"reason":"Expired","message":"too old"}');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (body !== undefined) {
      if (body !== 'nothing') response.write(body);
      return;
    }
    if (isEmpty) {
      const annotations = { 'k8s.io/initial-events-end': 'true' };
      const metadata = { resourceVersion: String(version), annotations };
      response.write(line('BOOKMARK', { kind, metadata }));
      return;
    }
    for (const it of changes) {
      const isNew = it.version > from && it.object.kind === kind;
      if (isNew) response.write(line(it.type, it.object));
    }
    const watch = { kind, response, swallowed: false };
    open.add(watch);
    response.on('close', () => open.delete(watch));
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://tiny');
    const plural = url.pathname.split('/').at(-1);
    const kind = WATCHED_KINDS.find((it) => it.plural === plural)?.kind ?? '';
    if (url.searchParams.has('watch')) {
      serveWatch(kind, url, response);
      return;
    }
    listed.set(kind, (listed.get(kind) ?? 0) + 1);
    const names = [...objects.keys()].sort();
    const items = names.flatMap((name) => {
      const object = objects.get(name);
      return object?.kind === kind ? [object] : [];
    });
    const metadata = { resourceVersion: String(version) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: `${kind}List`, metadata, items }));
  }

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const keyOf = (it: KubeObject) => `${it.kind}/${it.metadata.namespace ?? ''}/${it.metadata.name}`;
  const api: TinyApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lists: (kind) => listed.get(kind) ?? 0,
    watches: () => open.size,
    put(object) {
      const key = keyOf(object);
      objects.set(key, change(objects.has(key) ? 'MODIFIED' : 'ADDED', object));
    },
    delete(kind, name) {
      for (const [key, object] of objects) {
        if (object.kind !== kind || object.metadata.name !== name) continue;
        objects.delete(key);
        change('DELETED', object);
      }
    },
    swallow: () => {
      for (const watch of open) watch.swallowed = true;
    },
    cut: () => {
      for (const watch of open) watch.response.destroy();
    },
    compact: () => {
      forgotten = version;
    },
    watchBody: undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return api;
}
