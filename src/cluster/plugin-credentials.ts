import type { JsonObject } from '../core/json.ts';
import {
  type CredentialSource,
  type Credentials,
  type SourceOptions,
  tlsDigest,
} from './credentials.ts';
import { type PluginAnswer, pluginLate, runPlugin } from './exec-plugin.ts';
import type { FileCredentials } from './file-credentials.ts';
import type { ChosenContext } from './kubeconfig.ts';
import type { ExecEntry } from './kubeconfig-parts.ts';

// Time enough for a cloud's slow answer; somebody's login in a browser is waited for by a later call.
const PLUGIN_MS = 60_000;

/**
 * Credentials of an exec plugin. As client-go: one run serves all until its answer expires or the
 * server says 401; without an expirationTimestamp, until then. Concurrent requests share one run.
 */
export function pluginCredentials(
  context: ChosenContext,
  exec: ExecEntry,
  files: FileCredentials,
  { clock, env }: SourceOptions,
): CredentialSource {
  const stopping = new AbortController();
  let held: { answer: PluginAnswer; base: Credentials; credentials: Credentials } | undefined;
  let running: Promise<PluginAnswer> | undefined;

  const ask = async (): Promise<PluginAnswer> => {
    running ??= runPlugin({
      exec,
      context: context.name,
      cluster: exec.provideClusterInfo ? clusterInfo(context, files.current()) : undefined,
      env,
      timeoutMs: PLUGIN_MS,
      signal: stopping.signal,
    }).finally(() => {
      running = undefined;
    });
    return running;
  };
  const isFresh = ({ expiresAt }: PluginAnswer) =>
    expiresAt === undefined || clock.now() < expiresAt;

  return {
    async current() {
      const base = files.current();
      const answer = held && isFresh(held.answer) ? held.answer : await ask();
      // The CA may have been renewed while the answer was still good.
      if (held?.answer !== answer || held.base !== base) {
        held = { answer, base, credentials: combine(base, answer) };
      }
      return held.credentials;
    },
    forget(used) {
      if (held?.credentials === used) held = undefined;
      return true;
    },
    late: (seconds) => (running ? pluginLate(exec, context.name, seconds) : undefined),
    close: () => stopping.abort(),
  };
}

function combine(base: Credentials, { token, certificate, key }: PluginAnswer): Credentials {
  const headers = { ...base.headers };
  // As client-go: what stands in the kubeconfig goes before what a plugin gives.
  if (token !== undefined && headers.authorization === undefined) {
    headers.authorization = `Bearer ${token}`;
  }
  const pair = certificate === undefined || key === undefined ? {} : { cert: certificate, key };
  const tls = { ...base.tls, ...pair };
  return { headers, tls, tlsDigest: tlsDigest(tls) };
}

/** What KUBERNETES_EXEC_INFO tells of the cluster (client.authentication.k8s.io Cluster). */
function clusterInfo({ cluster }: ChosenContext, { tls }: Credentials): JsonObject {
  const ca = tls.ca === undefined ? undefined : Buffer.from(String(tls.ca)).toString('base64');
  return {
    server: cluster.server,
    ...(cluster.tlsServerName === undefined ? {} : { 'tls-server-name': cluster.tlsServerName }),
    ...(cluster.skipTlsVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === undefined ? {} : { 'certificate-authority-data': ca }),
    ...(cluster.proxyUrl === undefined ? {} : { 'proxy-url': cluster.proxyUrl }),
    ...(cluster.execConfig === undefined ? {} : { config: cluster.execConfig }),
  };
}
