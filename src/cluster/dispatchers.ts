import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { StratusError } from '../core/errors.ts';
import type { Credentials } from './credentials.ts';

// Below the 90 s after which kube-apiserver closes an idle connection, and below what load
// balancers in front of it allow: a request on a socket that just closes is an ambiguous write.
const IDLE_MS = 30_000;
const CONNECT_MS = 10_000;
const CONNECTIONS = 64;

export interface Dispatchers {
  /** The pooled connections for these credentials; made anew when the TLS part changes. */
  for(credentials: Credentials): Dispatcher;
  close(): Promise<void>;
}

export function createDispatchers(origin: string, proxyUrl: string | undefined): Dispatchers {
  let current: { digest: string; dispatcher: Dispatcher } | undefined;
  const retired = new Set<Dispatcher>();

  return {
    for(credentials) {
      if (current?.digest === credentials.tlsDigest) return current.dispatcher;
      if (current) retire(current.dispatcher, retired);
      const dispatcher = build(origin, proxyUrl, credentials);
      current = { digest: credentials.tlsDigest, dispatcher };
      return dispatcher;
    },
    async close() {
      const all = current ? [current.dispatcher, ...retired] : [...retired];
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/** What runs on it may end; then it closes. */
function retire(dispatcher: Dispatcher, retired: Set<Dispatcher>): void {
  retired.add(dispatcher);
  const forget = () => retired.delete(dispatcher);
  dispatcher.close().then(forget, forget);
}

function build(origin: string, proxyUrl: string | undefined, credentials: Credentials): Dispatcher {
  const options: Pool.Options = {
    connections: CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    connectTimeout: CONNECT_MS,
    // Each exchange has its own deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const tls = credentials.tls as NonNullable<ProxyAgent.Options['requestTls']>;
  if (!proxyUrl) return new Pool(origin, { ...options, connect: { ...tls, timeout: CONNECT_MS } });
  try {
    return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: tls });
  } catch (error) {
    // The URL may hold a password.
    throw new StratusError(
      'cluster_not_configured',
      "The proxy-url of the kubeconfig's cluster can't be used.",
      { cause: error },
    );
  }
}
