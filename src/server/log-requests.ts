import type { ObserveExchange } from '../cluster/connect.ts';
import type { Log } from '../core/log.ts';

/** Parameters whose values say how, not what. Others, such as selectors and tokens, are named only. */
const TELLING = new Set([
  ...['limit', 'watch', 'dryRun', 'fieldManager', 'fieldValidation', 'force', 'resourceVersion'],
  ...['timeoutSeconds', 'follow', 'tailLines', 'previous', 'container', 'sinceSeconds'],
]);

/** A line at level debug for each request to the API server, under the call that made it. */
export function requestLog(log: Log): ObserveExchange | undefined {
  if (!log.isLevelEnabled('debug')) return undefined;
  return ({ path, ...exchange }) => log.debug({ ...exchange, path: plainPath(path) }, 'request');
}

function plainPath(path: string): string {
  const [bare = '', query] = path.split('?', 2);
  if (query === undefined) return bare;
  const shown = [...new URLSearchParams(query)].map(([name, value]) =>
    TELLING.has(name) ? `${name}=${value}` : `${name}=…`,
  );
  return `${bare}?${shown.join('&')}`;
}
