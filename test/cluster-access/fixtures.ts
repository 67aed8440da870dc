import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type ClusterConnection, connectCluster } from '../../src/cluster/connect.ts';
import type { ResourceInfo } from '../../src/cluster/types.ts';
import { StratusError } from '../../src/core/errors.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-access-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface KubeconfigFacts {
  readonly server?: string;
  readonly user?: object;
  readonly cluster?: object;
  readonly context?: object;
}

/** A kubeconfig with one context, `one`. */
export function kubeconfigText(facts: KubeconfigFacts = {}): string {
  const server = facts.server ?? 'https://127.0.0.1:1';
  return stringify({
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server, ...facts.cluster } }],
    users: [{ name: 'u', user: facts.user ?? { token: 'sesame' } }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u', ...facts.context } }],
  });
}

export function writeKubeconfig(facts: KubeconfigFacts = {}, name = 'config'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, kubeconfigText(facts));
  return path;
}

export async function connectTo(
  kubeconfig: string,
  options: { timeoutMs?: number; context?: string } = {},
): Promise<ClusterConnection> {
  const connection = await connectCluster({ kubeconfig, env: {}, ...options });
  onTestFinished(() => connection.close());
  return connection;
}

/** A loopback HTTP server that plays an API server gone wrong. */
export async function badServer(listener: RequestListener): Promise<{
  readonly url: string;
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
}> {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets };
}

export async function connectToBadServer(
  listener: RequestListener,
  timeoutMs = 10_000,
): Promise<ClusterConnection> {
  const { url } = await badServer(listener);
  return connectTo(writeKubeconfig({ server: url }), { timeoutMs });
}

/** What a refused call says. */
export async function refusalOf(call: Promise<unknown>): Promise<StratusError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof StratusError) return thrown;
  throw new Error('Expected a StratusError.', { cause: thrown });
}

export function resource(
  plural: string,
  kind: string,
  apiVersion = 'v1',
  more: Partial<ResourceInfo> = {},
): ResourceInfo {
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    apiVersion,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: [],
    subresources: [],
    ...more,
  };
}

export const CONFIG_MAPS = resource('configmaps', 'ConfigMap', 'v1', { shortNames: ['cm'] });
export const DEPLOYMENTS = resource('deployments', 'Deployment', 'apps/v1', {
  shortNames: ['deploy'],
});

export const AS_COMMAND = {
  auditId: 'audit-1',
  fieldManager: 'stratus-mcp',
  purpose: 'send',
} as const;
