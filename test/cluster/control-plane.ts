import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyManifests } from './apply.ts';
import { findBinaries, type ProgramPaths } from './binaries.ts';
import { createClient, hasDefaultAccount, type OwnedClient, waitFor } from './client.ts';
import {
  apiServerFlags,
  controllerManagerFlags,
  etcdFlags,
  layout,
  prepareFolder,
  schedulerFlags,
  writeComponentKubeconfigs,
} from './components.ts';
import {
  clusterRoleManifests,
  MITIGATOR_NAMESPACE,
  mitigatorManifests,
  newTokens,
  type Tokens,
} from './identities.ts';
import { type SimulatedNodesOptions, startSimulatedNodes } from './kubelet/index.ts';
import { freePorts } from './ports.ts';
import { ProcessGroup } from './processes.ts';
import type { ClusterFacts, ControlPlane } from './types.ts';

export interface ControlPlaneOptions {
  /** Simulated nodes to start (default 0: pods stay Pending). */
  readonly nodes?: number;
  /** Pods that fit on a simulated node (default 110). */
  readonly podSlots?: number;
  /** How pods behave on the simulated nodes, where it differs from the default rules. */
  readonly rules?: SimulatedNodesOptions['rules'];
  /** More flags for the API server, after ours. */
  readonly apiServerFlags?: readonly string[];
  /** Told what goes on; default: stderr. */
  readonly log?: (line: string) => void;
}

const ATTEMPTS = 3;

/**
 * Starts etcd, the API server, the controller manager and the scheduler on free loopback ports, and
 * resolves when `/readyz` is ok and the `default` ServiceAccount exists (about 8 s).
 * The caller stops it; should this process die first, a guardian process does.
 * @throws Error when there are no binaries, or a part doesn't start: with the end of its log.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? logToStderr;
  const binaries = await findBinaries(log);
  if (binaries.kind === 'missing') throw new Error(binaries.reason);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(binaries.paths, options, log);
    } catch (error) {
      // Someone else may bind a port between our finding it free and the program's start.
      if (attempt === ATTEMPTS || !String(error).includes('address already in use')) throw error;
    }
  }
}

export function logToStderr(line: string): void {
  process.stderr.write(`[test cluster] ${line}\n`);
}

async function startOnce(
  paths: ProgramPaths,
  options: ControlPlaneOptions,
  log: (line: string) => void,
): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-cluster-'));
  const group = new ProcessGroup(folder);
  const tokens = newTokens();
  const onStop: (() => Promise<void>)[] = [() => group.stop()];
  const stop = async () => {
    while (onStop.length > 0) await onStop.pop()?.();
  };
  try {
    const facts = await startPrograms(folder, group, paths, tokens, options.apiServerFlags ?? []);
    const client = createClient(facts);
    onStop.push(() => client.close());
    await arrange(client, group);
    const names: string[] = [];
    if (options.nodes !== undefined && options.nodes > 0) {
      const nodes = await startSimulatedNodes({
        server: facts.server,
        caPem: facts.caPem,
        token: tokens.nodes,
        nodes: options.nodes,
        ...(options.podSlots === undefined ? {} : { podSlots: options.podSlots }),
        ...(options.rules === undefined ? {} : { rules: options.rules }),
        folder,
        log,
      });
      onStop.push(() => nodes.stop());
      names.push(...nodes.names);
    }
    return {
      ...client,
      nodes: names,
      facts: { ...facts, nodes: names },
      pause: () => group.freeze('kube-apiserver'),
      resume: () => group.signal('kube-apiserver', 'SIGCONT'),
      restart: async () => {
        await group.restart('kube-apiserver');
        await waitFor(
          '/readyz',
          async () => (await client.request('GET', '/readyz')).text === 'ok',
        );
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPrograms(
  folder: string,
  group: ProcessGroup,
  paths: ProgramPaths,
  tokens: Tokens,
  moreFlags: readonly string[],
): Promise<ClusterFacts> {
  const files = layout(folder);
  prepareFolder(files, tokens);
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(3);
  group.start('etcd', paths.etcd, etcdFlags(files, etcdPort, peerPort));
  group.start('kube-apiserver', paths['kube-apiserver'], [
    ...apiServerFlags(files, etcdPort, port),
    ...moreFlags,
  ]);
  const caPem = await startOf(group, "the API server's certificate", async () =>
    completePem(files.apiServerCertificate),
  );
  const server = `https://127.0.0.1:${port}`;
  writeComponentKubeconfigs(files, server, caPem, tokens);
  const { admin, reader, mitigator, nobody } = tokens;
  const facts: ClusterFacts = {
    server,
    caPem,
    folder,
    auditLogPath: files.auditLog,
    tokens: { admin, reader, mitigator, nobody },
    nodes: [],
  };
  const probe = createClient(facts);
  try {
    await startOf(
      group,
      '/readyz',
      async () => (await probe.request('GET', '/readyz')).text === 'ok',
    );
  } finally {
    await probe.close();
  }
  group.start(
    'kube-controller-manager',
    paths['kube-controller-manager'],
    controllerManagerFlags(files),
  );
  group.start('kube-scheduler', paths['kube-scheduler'], schedulerFlags(files));
  return facts;
}

async function arrange(client: OwnedClient, group: ProcessGroup): Promise<void> {
  await applyManifests(client, [
    ...clusterRoleManifests(),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: MITIGATOR_NAMESPACE } },
    ...mitigatorManifests(MITIGATOR_NAMESPACE),
  ]);
  for (const namespace of ['default', MITIGATOR_NAMESPACE]) {
    await startOf(group, `the default ServiceAccount in ${namespace}`, () =>
      hasDefaultAccount(client, namespace),
    );
  }
}

/** Waits for a sign of life, and gives up at once when a process of the group has ended. */
async function startOf<T>(
  group: ProcessGroup,
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const found = await waitFor(
    what,
    async () => {
      const ended = group.ended();
      if (ended !== undefined) return { ended };
      const value = await probe();
      return value === undefined || value === false ? undefined : { value };
    },
    90_000,
  );
  if ('ended' in found) throw new Error(`${found.ended} while waiting for ${what}`);
  return found.value;
}

/** The file's text, once it ends as a certificate does. */
function completePem(path: string): string | undefined {
  const text = readFileSync(path, 'utf8');
  return text.trimEnd().endsWith('-----END CERTIFICATE-----') ? text : undefined;
}
