import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Context, KubeConfig, User } from '@kubernetes/client-node';
import { StratusError } from '../core/errors.ts';
import {
  type KubeconfigParts,
  type KubeconfigUser,
  loadKubeconfigFile,
} from './kubeconfig-file.ts';
import { type LocationOptions, locateKubeconfig } from './kubeconfig-location.ts';

/** What the rest of this room needs to know of the chosen context. */
export interface ChosenContext {
  readonly name: string;
  /** The URL without credentials or a trailing slash. */
  readonly server: string;
  readonly namespace: string;
  readonly proxyUrl: string | undefined;
  readonly usesPlugin: boolean;
  /** Headers that client-node doesn't set. */
  readonly headers: Readonly<Record<string, string[]>>;
}

/**
 * Loads the kubeconfig and cuts it down to one context, cluster and user.
 * @throws StratusError cluster_not_configured.
 */
export async function chooseContext(
  options: LocationOptions & { readonly context?: string | undefined },
): Promise<{ kubeConfig: KubeConfig; context: ChosenContext }> {
  const location = locateKubeconfig(options);
  // client-node takes half a second to load; nothing that doesn't speak to a cluster waits for it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const parts =
    location.kind === 'files'
      ? merge(location.paths.map((path) => loadKubeconfigFile(path, new KubeConfig())))
      : inCluster(location.server, location.folder);
  const where = location.kind === 'files' ? location.paths.join(', ') : 'the ServiceAccount';
  const { context, cluster, user } = pick(parts, options.context, where);
  const server = serverUrl(cluster.server, context.name);

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    contexts: [{ ...context, user: user.name }],
    // client-node builds an agent of its own, unused here, and refuses a SOCKS or an HTTP one.
    clusters: [withoutProxy(cluster, server)],
    users: [withPluginInfo(user, cluster)],
    currentContext: context.name,
  });
  return {
    kubeConfig,
    context: {
      name: context.name,
      server,
      namespace: context.namespace ?? 'default',
      proxyUrl: cluster.proxyUrl,
      usesPlugin: Boolean(user.exec),
      headers:
        user.impersonateGroups.length > 0
          ? { 'impersonate-group': [...user.impersonateGroups] }
          : {},
    },
  };
}

/** As kubectl merges: the first file that names a thing wins. */
function merge(files: readonly KubeconfigParts[]): KubeconfigParts {
  return {
    clusters: firstOfName(files.flatMap((file) => file.clusters)),
    contexts: firstOfName(files.flatMap((file) => file.contexts)),
    users: firstOfName(files.flatMap((file) => file.users)),
    currentContext: files.find((file) => file.currentContext)?.currentContext,
  };
}

function firstOfName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

function inCluster(server: string, folder: string): KubeconfigParts {
  const name = 'in-cluster';
  const namespaceFile = join(folder, 'namespace');
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : '';
  return {
    clusters: [{ name, server, caFile: join(folder, 'ca.crt'), skipTLSVerify: false }],
    users: [
      {
        name,
        authProvider: { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } },
        impersonateGroups: [],
      },
    ],
    contexts: [{ name, cluster: name, user: name, ...(namespace ? { namespace } : {}) }],
    currentContext: name,
  };
}

function pick(
  parts: KubeconfigParts,
  wanted: string | undefined,
  where: string,
): { context: Context; cluster: Cluster; user: KubeconfigUser } {
  const names = parts.contexts.map((context) => context.name).join(', ') || 'none';
  const name = wanted ?? parts.currentContext;
  const facts = { next: `Name one with --context and restart; the contexts are: ${names}.` };
  const refuse = (message: string) => new StratusError('cluster_not_configured', message, facts);

  if (!name) throw refuse(`${where} sets no current-context. Its contexts: ${names}.`);
  const context = parts.contexts.find((entry) => entry.name === name);
  if (!context) throw refuse(`${where} has no context "${name}". Its contexts: ${names}.`);
  const cluster = parts.clusters.find((entry) => entry.name === context.cluster);
  if (!cluster) {
    throw refuse(`Context "${name}" names cluster "${context.cluster}", which ${where} lacks.`);
  }
  const user = parts.users.find((entry) => entry.name === context.user);
  if (context.user && !user) {
    throw refuse(`Context "${name}" names user "${context.user}", which ${where} lacks.`);
  }
  return { context, cluster, user: user ?? { name: 'anonymous', impersonateGroups: [] } };
}

function serverUrl(server: string, context: string): string {
  const refuse = (why: string) =>
    new StratusError('cluster_not_configured', `The server of context "${context}" ${why}.`);
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse('is not an http or https URL');
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw refuse('is plain http to another machine, where credentials would travel in clear');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function withoutProxy(cluster: Cluster, server: string): Cluster {
  const { proxyUrl: _proxyUrl, ...rest } = cluster;
  return server.startsWith('http:') ? { ...rest, skipTLSVerify: true } : rest;
}

/** KUBERNETES_EXEC_INFO, which the credential plugin protocol asks for and client-node leaves out. */
function withPluginInfo(user: KubeconfigUser, cluster: Cluster): User {
  const { impersonateGroups: _groups, ...rest } = user;
  if (!user.exec) return rest;
  const info = {
    apiVersion: user.exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(user.exec.provideClusterInfo
        ? {
            cluster: {
              server: cluster.server,
              'tls-server-name': cluster.tlsServerName,
              'insecure-skip-tls-verify': cluster.skipTLSVerify,
              'certificate-authority-data':
                cluster.caData ??
                (cluster.caFile ? readFileSync(cluster.caFile).toString('base64') : undefined),
            },
          }
        : {}),
    },
  };
  const env = [
    ...(user.exec.env ?? []),
    { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) },
  ];
  return { ...rest, exec: { ...user.exec, env } };
}
