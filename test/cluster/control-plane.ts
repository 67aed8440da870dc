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
import { startRealNodes } from './real/index.ts';
import { findNodePrograms, type NodePrograms } from './real/programs.ts';
import { MOST_NODES, openSandbox, type Sandbox } from './real/sandbox.ts';
import { startOf } from './start-of.ts';
import type { ClusterFacts, ControlPlane } from './types.ts';

export interface ControlPlaneOptions {
  /** Nodes to start (default 0: pods stay Pending). */
  readonly nodes?: number;
  /**
   * Who runs the pods: rules that only drive their status (the default), or kubelets, which need
   * Linux, root and some packages; `whyNoRealNodes` says whether this machine has them.
   */
  readonly kubelets?: 'simulated' | 'real';
  /** Pods that fit on a node (default 110). */
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
  const node = await programsOfNodes(options, log);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(binaries.paths, node, options, log);
    } catch (error) {
      // Someone else may bind a port between our finding it free and the program's start.
      if (attempt === ATTEMPTS || !String(error).includes('address already in use')) throw error;
    }
  }
}

/** The programs of real nodes; undefined when none are asked for. */
async function programsOfNodes(
  options: ControlPlaneOptions,
  log: (line: string) => void,
): Promise<NodePrograms | undefined> {
  const count = options.nodes ?? 0;
  if (options.kubelets !== 'real' || count === 0) return undefined;
  if (count > MOST_NODES) throw new Error(`at most ${MOST_NODES} real nodes fit on a machine`);
  const found = await findNodePrograms(log);
  if (found.kind === 'missing') throw new Error(found.reason);
  return found.programs;
}

export function logToStderr(line: string): void {
  process.stderr.write(`[test cluster] ${line}\n`);
}

async function startOnce(
  paths: ProgramPaths,
  node: NodePrograms | undefined,
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
    const sandbox = node && (await openSandbox(group, options.nodes ?? 0));
    if (sandbox !== undefined) onStop.push(() => sandbox.close());
    const { apiServerFlags: moreFlags = [] } = options;
    const facts = await startPrograms(folder, group, paths, tokens, sandbox, moreFlags);
    const client = createClient(facts);
    onStop.push(() => client.close());
    await arrange(client, group);
    const names =
      node === undefined || sandbox === undefined
        ? await startSimulated(options, facts, tokens, log, onStop)
        : await startRealNodes({
            programs: node,
            sandbox,
            group,
            client,
            folder,
            kubeconfig: layout(folder).nodesKubeconfig,
            clientCa: layout(folder).kubeletClientCertificate,
            podSlots: options.podSlots ?? 110,
          });
    return {
      ...client,
      nodes: names,
      ...(node && sandbox && { realNodes: { sandbox, web: node.web } }),
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

/** Starts what simulated nodes are asked for, and returns their names. */
async function startSimulated(
  options: ControlPlaneOptions,
  facts: ClusterFacts,
  tokens: Tokens,
  log: (line: string) => void,
  onStop: (() => Promise<void>)[],
): Promise<string[]> {
  if (options.nodes === undefined || options.nodes === 0) return [];
  const nodes = await startSimulatedNodes({
    server: facts.server,
    caPem: facts.caPem,
    token: tokens.nodes,
    nodes: options.nodes,
    ...(options.podSlots === undefined ? {} : { podSlots: options.podSlots }),
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    folder: facts.folder,
    log,
  });
  onStop.push(() => nodes.stop());
  return nodes.names;
}

async function startPrograms(
  folder: string,
  group: ProcessGroup,
  paths: ProgramPaths,
  tokens: Tokens,
  sandbox: Sandbox | undefined,
  moreFlags: readonly string[],
): Promise<ClusterFacts> {
  const files = layout(folder);
  prepareFolder(files, tokens);
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(3);
  group.start('etcd', paths.etcd, etcdFlags(files, etcdPort, peerPort));
  group.start('kube-apiserver', paths['kube-apiserver'], [
    ...apiServerFlags(files, etcdPort, port, sandbox?.hostAddress),
    ...moreFlags,
  ]);
  const caPem = await startOf(group, "the API server's certificate", async () =>
    completePem(files.apiServerCertificate),
  );
  const server = `https://${sandbox?.hostAddress ?? '127.0.0.1'}:${port}`;
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

/** The file's text, once it ends as a certificate does. */
function completePem(path: string): string | undefined {
  const text = readFileSync(path, 'utf8');
  return text.trimEnd().endsWith('-----END CERTIFICATE-----') ? text : undefined;
}
