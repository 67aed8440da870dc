import { type Clock, systemClock } from '../core/clock.ts';
import { credentialSource } from './credentials.ts';
import { createDispatchers } from './dispatchers.ts';
import { chooseContext } from './kubeconfig.ts';
import type { LocationOptions } from './kubeconfig-location.ts';
import { proxyFor } from './proxy.ts';
import { attachWire, type ObserveExchange } from './wire.ts';

export interface ConnectOptions extends LocationOptions {
  /** The --context flag; the kubeconfig's current-context when absent. */
  readonly context?: string | undefined;
  /** Milliseconds for one request from first to last byte; 15 s when absent. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Told of each request, for the log. */
  readonly observe?: ObserveExchange | undefined;
}

export type { Observed, ObserveExchange } from './wire.ts';

/**
 * A configured cluster. Opaque: what speaks HTTP behind it is reachable inside this folder only,
 * through `createReader` and `openWriter`.
 */
export interface ClusterConnection {
  readonly contextName: string;
  /** The API server's URL, without credentials. */
  readonly server: string;
  /** The context's namespace, `default` when it names none. */
  readonly defaultNamespace: string;
  /** Ends every request and watch that still runs. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/**
 * Loads the kubeconfig and prepares connections; nothing is sent yet.
 * @throws StratusError cluster_not_configured that names what was looked for, or what is wrong.
 */
export async function connectCluster(options: ConnectOptions): Promise<ClusterConnection> {
  const clock = options.clock ?? systemClock;
  const context = chooseContext(options);
  const url = new URL(context.server);
  const { env } = options;
  const dispatchers = createDispatchers(url.origin, proxyFor(url, context.cluster.proxyUrl, env));
  const credentials = credentialSource(context, { clock, env });
  const connection: ClusterConnection = {
    contextName: context.name,
    server: context.server,
    defaultNamespace: context.namespace,
    close: () => {
      credentials.close();
      return dispatchers.close();
    },
  };
  attachWire(connection, {
    origin: url.origin,
    basePath: url.pathname === '/' ? '' : url.pathname,
    host: url.host,
    contextName: context.name,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    clock,
    credentials,
    dispatchers,
    observe: options.observe,
  });
  return connection;
}
