import { rootCertificates } from 'node:tls';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { StratusError } from '../core/errors.ts';
import type { Credentials } from './credentials.ts';
import type { ProxyAddress } from './proxy.ts';

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

export function createDispatchers(origin: string, proxy: ProxyAddress | undefined): Dispatchers {
  let current: { digest: string; dispatcher: Dispatcher } | undefined;
  const retired = new Set<Dispatcher>();

  return {
    for(credentials) {
      if (current?.digest === credentials.tlsDigest) return current.dispatcher;
      if (current) retire(current.dispatcher, retired);
      const dispatcher = build(origin, proxy, credentials);
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

function build(
  origin: string,
  proxy: ProxyAddress | undefined,
  credentials: Credentials,
): Dispatcher {
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
  const tls = { ...credentials.tls, timeout: CONNECT_MS } as NonNullable<
    ProxyAgent.Options['requestTls']
  >;
  if (!proxy) return new Pool(origin, { ...options, connect: tls });
  try {
    return new ProxyAgent({
      ...options,
      uri: proxy.url,
      requestTls: tls,
      proxyTls: proxyTls(credentials),
    });
  } catch (error) {
    // The URL may hold a password.
    throw new StratusError('cluster_not_configured', `${proxy.namedBy} can't be used.`, {
      cause: error,
    });
  }
}

/** As Go's client: an https proxy may be signed by the cluster's CA, besides the usual ones. */
function proxyTls({ tls }: Credentials): NonNullable<ProxyAgent.Options['proxyTls']> {
  const { ca, rejectUnauthorized } = tls;
  return {
    timeout: CONNECT_MS,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca as Buffer] }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}
