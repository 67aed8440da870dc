import { type JsonObject, parseJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { ApiError, badRequest } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import type { Route } from './route.ts';
import { testOf } from './select.ts';

export interface Page {
  readonly items: readonly KubeObject[];
  readonly metadata: JsonObject;
}

interface Token {
  readonly version: number;
  readonly after: string;
}

/** One page of a collection. Later pages come from the state of the first. @throws ApiError 400, 410. */
export function listPage({ store }: Machine, route: Route, query: URLSearchParams): Page {
  const { kind, namespace, name } = route;
  const token = tokenOf(query.get('continue') ?? '');
  const test = testOf(kind, query);
  const version = token?.version ?? store.version;
  const all = token === undefined ? store.list(kind) : store.listAt(kind, version);
  if (all === undefined) throw expired();
  const after = token?.after ?? '';
  const found = all.filter(
    (it) =>
      (namespace === undefined || it.metadata.namespace === namespace) &&
      (name === undefined || it.metadata.name === name) &&
      keyOf(it) > after &&
      test(it),
  );
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 ? found.slice(0, limit) : found;
  const last = page.at(-1);
  const left = found.length - page.length;
  const selected = query.has('labelSelector') || query.has('fieldSelector');
  const metadata: JsonObject = {
    resourceVersion: String(version),
    ...(left > 0 && last !== undefined
      ? {
          continue: encode({ version, after: keyOf(last) }),
          ...(selected ? {} : { remainingItemCount: left }),
        }
      : {}),
  };
  return { items: page, metadata };
}

function keyOf({ metadata }: KubeObject): string {
  return `/${metadata.namespace ?? ''}/${metadata.name}`;
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function tokenOf(text: string): Token | undefined {
  if (text === '') return undefined;
  try {
    const token = parseJson(Buffer.from(text, 'base64url').toString()) as JsonObject;
    const { version, after } = token;
    if (typeof version === 'number' && typeof after === 'string') return { version, after };
  } catch {
    // Said below.
  }
  throw badRequest('continue key is not valid: invalid token');
}

export function expired(): ApiError {
  return new ApiError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
  );
}
