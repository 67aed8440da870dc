import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StratusError } from '../core/errors.ts';
import { plainLine } from '../core/plain-text.ts';
import { assertPluginUsable } from './exec-plugin.ts';
import { loadKubeconfigFile } from './kubeconfig-file.ts';
import { type LocationOptions, locateKubeconfig } from './kubeconfig-location.ts';
import {
  type ClusterEntry,
  type ContextEntry,
  type KubeconfigParts,
  NOBODY,
  type UserEntry,
} from './kubeconfig-parts.ts';
import { nearNames } from './near-names.ts';

/** The chosen context, with the cluster and the user it names. */
export interface ChosenContext {
  readonly name: string;
  /** The URL without credentials or a trailing slash. */
  readonly server: string;
  readonly namespace: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

/**
 * Loads the kubeconfig and cuts it down to one context, cluster and user.
 * @throws StratusError cluster_not_configured.
 */
export function chooseContext(
  options: LocationOptions & { readonly context?: string | undefined },
): ChosenContext {
  const location = locateKubeconfig(options);
  const parts =
    location.kind === 'files'
      ? merge(location.paths.map(loadKubeconfigFile))
      : inCluster(location.server, location.folder);
  const where = location.kind === 'files' ? location.paths.join(', ') : 'the ServiceAccount';
  const { context, cluster, user } = pick(parts, options.context, where);
  if (user.exec) assertPluginUsable(user.exec, context.name);
  return {
    name: context.name,
    server: serverUrl(cluster.server, context.name),
    namespace: context.namespace ?? 'default',
    cluster,
    user,
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
    clusters: [{ name, server, caFile: join(folder, 'ca.crt'), skipTlsVerify: false }],
    users: [{ ...NOBODY, name, tokenFile: join(folder, 'token') }],
    contexts: [{ name, cluster: name, user: name, namespace: namespace || undefined }],
    currentContext: name,
  };
}

function pick(
  parts: KubeconfigParts,
  wanted: string | undefined,
  where: string,
): { context: ContextEntry; cluster: ClusterEntry; user: UserEntry } {
  const known = parts.contexts.map((context) => context.name);
  const names = plainLine(known.join(', ')) || 'none';
  const name = wanted ?? parts.currentContext;
  const facts = { next: `Name one with --context and restart; the contexts are: ${names}.` };
  const refuse = (message: string) => new StratusError('cluster_not_configured', message, facts);

  if (!name) throw refuse(`${where} sets no current-context. Its contexts: ${names}.`);
  const context = parts.contexts.find((entry) => entry.name === name);
  if (!context) {
    const near = nearNames(name, known);
    const meant = near.length > 0 ? ` Did you mean ${plainLine(near.join(', '))}?` : '';
    throw refuse(`${where} has no context "${name}".${meant} Its contexts: ${names}.`);
  }
  const cluster = parts.clusters.find((entry) => entry.name === context.cluster);
  if (!cluster) {
    throw refuse(`Context "${name}" names cluster "${context.cluster}", which ${where} lacks.`);
  }
  const user = parts.users.find((entry) => entry.name === context.user);
  if (context.user && !user) {
    throw refuse(`Context "${name}" names user "${context.user}", which ${where} lacks.`);
  }
  return { context, cluster, user: user ?? NOBODY };
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
