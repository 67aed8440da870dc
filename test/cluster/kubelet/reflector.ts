import type { Api } from './api.ts';

/** What every API object carries. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface ReflectorHandlers<T extends ApiObject> {
  /** The whole list, at the start and whenever the watch lost its place. */
  replaced(items: readonly T[]): void;
  changed(object: T): void;
  deleted(object: T): void;
}

interface ListPage<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[];
}

interface WatchLine<T> {
  readonly type: string;
  readonly object: T & { readonly code?: number };
}

const PAGE = 500;
const RETRY_MS = 250;

/** Keeps a list up to date: list, watch, resume where the watch ended, list again on 410. */
export class Reflector<T extends ApiObject> {
  readonly #api: Api;
  readonly #path: string;
  readonly #query: string;
  readonly #handlers: ReflectorHandlers<T>;
  #version = '';

  constructor(api: Api, path: string, query: string, handlers: ReflectorHandlers<T>) {
    this.#api = api;
    this.#path = path;
    this.#query = query === '' ? '' : `&${query}`;
    this.#handlers = handlers;
  }

  /** Resolves with the first list in hand; the watch goes on until the API client stops. */
  async start(): Promise<void> {
    await this.#list();
    void this.#follow();
  }

  async #follow(): Promise<void> {
    while (!this.#api.signal.aborted) {
      try {
        if (this.#version === '') await this.#list();
        await this.#watch();
      } catch {
        // The connection broke; the next round resumes from the last version seen.
        await this.#api.pause(RETRY_MS);
      }
    }
  }

  async #list(): Promise<void> {
    while (!this.#api.signal.aborted) {
      const items = await this.#listOnce();
      if (items !== undefined) {
        this.#handlers.replaced(items);
        return;
      }
      await this.#api.pause(RETRY_MS);
    }
  }

  async #listOnce(): Promise<readonly T[] | undefined> {
    const items: T[] = [];
    let next = '';
    do {
      const token = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const path = `${this.#path}?limit=${PAGE}${this.#query}${token}`;
      const answer = await this.#api.send('GET', path);
      if (answer.status !== 200) return undefined;
      const page = answer.body as ListPage<T>;
      items.push(...(page.items ?? []));
      next = page.metadata?.continue ?? '';
      this.#version = page.metadata?.resourceVersion ?? '';
    } while (next !== '');
    return items;
  }

  async #watch(): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=290${this.#query}`;
    const path = `${this.#path}?${query}&resourceVersion=${this.#version}`;
    for await (const line of this.#api.watch(path)) {
      const { type, object } = line as WatchLine<T>;
      if (type === 'ERROR') {
        this.#version = '';
        await this.#api.pause(RETRY_MS);
        return;
      }
      this.#version = object.metadata.resourceVersion;
      if (type === 'DELETED') this.#handlers.deleted(object);
      else if (type !== 'BOOKMARK') this.#handlers.changed(object);
    }
  }
}
