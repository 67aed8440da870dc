/**
 * Real nodes: kubelets, containerd, kube-proxy and CoreDNS in a sandbox of the harness's own, with
 * pods that run, answer through their Services, resolve names, log and take commands.
 *
 * Other than on machines apart: the nodes share one kernel, network and time; hostPorts count for
 * the scheduler but forward nothing; NetworkPolicies are not enforced; nothing outside is reached.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, objectsOf } from '../../../src/core/json.ts';
import type { OwnedClient } from '../client.ts';
import type { ProcessGroup } from '../processes.ts';
import { startOf } from '../start-of.ts';
import { imageArchive } from './images.ts';
import {
  corefile,
  emptyFolder,
  kubeProxyConfig,
  type NodeFiles,
  type NodesSite,
  REGISTRY,
  writeNodeFiles,
  writeSharedFiles,
} from './node-files.ts';
import type { NodePrograms } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

export interface RealNodesOptions {
  readonly programs: NodePrograms;
  readonly sandbox: Sandbox;
  readonly group: ProcessGroup;
  readonly client: OwnedClient;
  /** The control plane's folder. */
  readonly folder: string;
  /** Of a member of system:masters. */
  readonly kubeconfig: string;
  readonly clientCa: string;
  readonly podSlots: number;
}

const READY_MS = 120_000;

/** Starts one node per address of the sandbox; resolves with their names when all are Ready. */
export async function startRealNodes(options: RealNodesOptions): Promise<string[]> {
  const { programs, sandbox, group, client, kubeconfig } = options;
  const { packaged } = programs;
  const site: NodesSite = {
    folder: join(options.folder, 'nodes'),
    cniPlugins: programs.cniFolder,
    runc: packaged.runc,
    kubeconfig,
    clientCa: options.clientCa,
    cgroup: sandbox.cgroup,
    podSlots: options.podSlots,
  };
  mkdirSync(site.folder);
  writeSharedFiles(site);
  const start = (name: string, file: string, args: readonly string[]) => {
    group.start(name, ...sandbox.inside(file, args));
  };
  const nodes = sandbox.nodeAddresses.map((address, index) =>
    writeNodeFiles(site, `node-${index + 1}`, address),
  );
  const images = join(site.folder, 'images.tar');
  writeFileSync(images, imageArchive(packaged.busybox, programs.web));
  start('registry', packaged.busybox, ['httpd', '-f', '-p', REGISTRY, '-h', emptyFolder(site)]);
  await Promise.all(
    nodes.map(async (node) => {
      start(`containerd-${node.name}`, packaged.containerd, ['--config', node.containerdConfig]);
      await importImages(options, node, images);
      start(`kubelet-${node.name}`, programs.kubelet, kubeletFlags(kubeconfig, node));
    }),
  );
  const proxyConfig = join(site.folder, 'kube-proxy.yaml');
  writeFileSync(proxyConfig, kubeProxyConfig(kubeconfig, nodes[0]?.name ?? ''));
  start('kube-proxy', programs.kubeProxy, [`--config=${proxyConfig}`]);
  const dnsConfig = join(site.folder, 'Corefile');
  writeFileSync(dnsConfig, corefile(kubeconfig));
  start('coredns', programs.coredns, ['-conf', dnsConfig]);

  const names = nodes.map(({ name }) => name);
  await startOf(group, 'the real nodes to be Ready', () => areReady(client, names), READY_MS);
  return names;
}

async function importImages(
  options: RealNodesOptions,
  node: NodeFiles,
  archive: string,
): Promise<void> {
  const { sandbox, programs, group } = options;
  const ctr = (...args: string[]) =>
    sandbox.run(programs.packaged.ctr, [
      '--address',
      node.socket,
      '--namespace',
      'k8s.io',
      ...args,
    ]);
  await startOf(group, `containerd of ${node.name}`, async () => (await ctr('version')) !== '');
  await ctr('images', 'import', archive);
}

function kubeletFlags(kubeconfig: string, node: NodeFiles): string[] {
  return [
    `--config=${node.kubeletConfig}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--root-dir=${node.kubeletRoot}`,
    `--cert-dir=${node.kubeletCertificates}`,
  ];
}

async function areReady(client: OwnedClient, names: readonly string[]): Promise<boolean> {
  const { json } = await client.request('GET', '/api/v1/nodes');
  const nodes = objectsOf(at(json, 'items'));
  return names.every((name) => {
    const node = nodes.find((one) => at(one, 'metadata', 'name') === name);
    const ready = objectsOf(at(node, 'status', 'conditions')).find((it) => it.type === 'Ready');
    return ready?.status === 'True' && objectsOf(at(node, 'spec', 'taints')).length === 0;
  });
}
