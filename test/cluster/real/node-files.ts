import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PAUSE_IMAGE } from './images.ts';
import { BRIDGE, GATEWAY, POD_NETWORK } from './sandbox.ts';

export const KUBELET_PORT = 10_250;
export const REGISTRY = '127.0.0.1:5000';

/** What every node of a cluster has in common. */
export interface NodesSite {
  /** Of this cluster's nodes alone; removed with the control plane's. */
  readonly folder: string;
  readonly cniPlugins: string;
  readonly runc: string;
  readonly kubeconfig: string;
  /** Signs, or is, the API server's client certificate for kubelets. */
  readonly clientCa: string;
  readonly cgroup: string;
  readonly podSlots: number;
}

export interface NodeFiles {
  readonly name: string;
  readonly address: string;
  readonly socket: string;
  readonly kubeletConfig: string;
  readonly kubeletRoot: string;
  readonly kubeletCertificates: string;
  readonly containerdConfig: string;
}

/** Writes what the nodes share: the pods' network and the registry that has no image. */
export function writeSharedFiles(site: NodesSite): void {
  const cni = cniFolder(site);
  const registries = join(registryFolder(site), '_default');
  for (const folder of [cni, registries, emptyFolder(site)]) mkdirSync(folder, { recursive: true });
  const network = {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: BRIDGE,
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: POD_NETWORK, gateway: GATEWAY }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: join(site.folder, 'addresses'),
        },
      },
    ],
  };
  writeFileSync(join(cni, '10-pods.conflist'), JSON.stringify(network));
  const hosts = `server = "http://${REGISTRY}"\n[host."http://${REGISTRY}"]\n  capabilities = ["pull", "resolve"]\n`;
  writeFileSync(join(registries, 'hosts.toml'), hosts);
}

/** What the registry serves: nothing, so that an absent tag is a 404 as anywhere. */
export const emptyFolder = (site: NodesSite) => join(site.folder, 'empty');
const cniFolder = (site: NodesSite) => join(site.folder, 'cni');
const registryFolder = (site: NodesSite) => join(site.folder, 'registries');

/** Writes one node's configuration files. */
export function writeNodeFiles(site: NodesSite, name: string, address: string): NodeFiles {
  const folder = join(site.folder, name);
  // Short whatever the temporary folder: a socket's path has 108 bytes at most.
  const socket = `/run/${name}.sock`;
  const files = {
    name,
    address,
    socket,
    kubeletConfig: join(folder, 'kubelet.yaml'),
    kubeletRoot: join(folder, 'kubelet'),
    kubeletCertificates: join(folder, 'certificates'),
    containerdConfig: join(folder, 'containerd.toml'),
  };
  mkdirSync(files.kubeletRoot, { recursive: true });
  mkdirSync(files.kubeletCertificates, { mode: 0o700 });
  writeFileSync(files.containerdConfig, containerdConfig(site, folder, socket, name));
  writeFileSync(files.kubeletConfig, stringify(kubeletConfig(site, folder, files)));
  return files;
}

function containerdConfig(site: NodesSite, folder: string, socket: string, name: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const value = (text: string) => JSON.stringify(text);
  return `version = 2
root = ${value(join(folder, 'containerd'))}
state = ${value(`/run/${name}`)}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing"]
[grpc]
  address = ${value(socket)}
[${cri}]
  sandbox_image = ${value(PAUSE_IMAGE)}
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${cri}.containerd.runtimes.runc.options]
      BinaryName = ${value(site.runc)}
      SystemdCgroup = false
  [${cri}.cni]
    bin_dir = ${value(site.cniPlugins)}
    conf_dir = ${value(cniFolder(site))}
  [${cri}.registry]
    config_path = ${value(registryFolder(site))}
`;
}

function kubeletConfig(site: NodesSite, folder: string, files: NodeFiles): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: files.address,
    port: KUBELET_PORT,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: site.clientCa },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${files.socket}`,
    // By default 1.35 and later refuse to start on a machine with cgroup v1.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${site.cgroup}/${files.name}`,
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    oomScoreAdj: 0,
    localStorageCapacityIsolation: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    resolvConf: '',
    clusterDNS: [GATEWAY],
    clusterDomain: 'cluster.local',
    podLogsDir: join(folder, 'logs'),
    volumePluginDir: join(folder, 'plugins'),
    maxPods: site.podSlots,
    serializeImagePulls: false,
    kubeAPIQPS: 100,
    kubeAPIBurst: 200,
    eventRecordQPS: 50,
  };
}

/** kube-proxy's configuration: one for the machine, since the nodes share a network. */
export function kubeProxyConfig(kubeconfig: string, node: string): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig },
    hostnameOverride: node,
    clusterCIDR: POD_NETWORK,
    // A pod may be its own Service's endpoint, and reaches its neighbours on the same bridge.
    iptables: { masqueradeAll: true, minSyncPeriod: '100ms' },
    conntrack: {
      maxPerCore: 0,
      min: 0,
      tcpEstablishedTimeout: '0s',
      tcpCloseWaitTimeout: '0s',
    },
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
  });
}

/** CoreDNS for the cluster's names; it refuses all others. Answers age by a second, no more. */
export function corefile(kubeconfig: string): string {
  return `.:53 {
  bind ${GATEWAY}
  errors
  ready ${GATEWAY}:8181
  kubernetes cluster.local {
    kubeconfig ${kubeconfig}
    ttl 1
  }
}
`;
}
