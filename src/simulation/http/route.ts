import type { KindDefinition } from '../kinds.ts';
import { kindsOf } from './discovery.ts';

/** What a URL under `/api` or `/apis` names. */
export interface Route {
  readonly kind: KindDefinition;
  readonly namespace: string | undefined;
  /** Absent: the collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** The route of a path: undefined without such a group version, null without such a resource in it. */
export function routeOf(path: string): Route | undefined | null {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const apiVersion = core ? (parts[1] ?? '') : `${parts[1]}/${parts[2]}`;
  const kinds = kindsOf(apiVersion);
  if (kinds === undefined) return undefined;
  const rest = parts.slice(core ? 2 : 3);
  const scoped = rest[0] === 'namespaces' && rest.length > 2 && !isOwnSubresource(rest);
  const namespace = scoped ? rest[1] : undefined;
  const [plural, name, subresource, ...more] = scoped ? rest.slice(2) : rest;
  const kind = kinds.find((it) => it.plural === plural);
  if (kind === undefined || more.length > 0) return null;
  if (!kind.namespaced && scoped) return null;
  if (kind.namespaced && namespace === undefined && name !== undefined) return null;
  return { kind, namespace, name, subresource };
}

/** `namespaces/NAME/status` is the Namespace's own. */
function isOwnSubresource(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}
