import type { Api } from './api.ts';

export interface NodeShape {
  readonly names: readonly string[];
  readonly podSlots: number;
  /** Port of the container log endpoint. */
  readonly kubeletPort: number;
}

export const NODE_ADDRESS = '127.0.0.1';

const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const STATUS_MS = 60_000;
const RETRY_MS = 250;
const STARTED = timestamp();
const CAPACITY = { cpu: '16', memory: '64Gi', 'ephemeral-storage': '100Gi' };

/** Registers the nodes and keeps their leases and heartbeats fresh until the API client stops. */
export async function startNodes(api: Api, shape: NodeShape): Promise<void> {
  await Promise.all(shape.names.map((name) => register(api, name, shape)));
  for (const name of shape.names) {
    void repeat(api, RENEW_MS, () => renewLease(api, name));
    void repeat(api, STATUS_MS, () => reportStatus(api, name, shape));
  }
}

async function repeat(api: Api, everyMs: number, act: () => Promise<boolean>): Promise<void> {
  while (!api.signal.aborted) await api.pause((await act()) ? everyMs : RETRY_MS);
}

async function register(api: Api, name: string, shape: NodeShape): Promise<void> {
  const node = {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': 'amd64',
      },
    },
    spec: {},
    status: status(shape),
  };
  while (!api.signal.aborted) {
    const answer = await api.send('POST', '/api/v1/nodes', node);
    if (answer.status === 201 || answer.status === 409) return;
    await api.pause(RETRY_MS);
  }
}

async function reportStatus(api: Api, name: string, shape: NodeShape): Promise<boolean> {
  const answer = await api.patch(`/api/v1/nodes/${name}/status`, { status: status(shape) });
  // A node that someone deleted stays away: bringing it back would hide their deed.
  return answer.status === 200 || answer.status === 404;
}

async function renewLease(api: Api, name: string): Promise<boolean> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  const renewed = await api.patch(`${path}/${name}`, { spec: { renewTime } });
  if (renewed.status !== 404) return renewed.status === 200;
  const node = await api.send('GET', `/api/v1/nodes/${name}`);
  if (node.status !== 200) return node.status === 404;
  const uid = (node.body as { metadata?: { uid?: string } }).metadata?.uid;
  const created = await api.send('POST', path, {
    metadata: {
      name,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
  });
  return created.status === 201;
}

function status(shape: NodeShape): object {
  const resources = { ...CAPACITY, pods: String(shape.podSlots) };
  const now = timestamp();
  const condition = (type: string, value: string, reason: string, message: string) => ({
    type,
    status: value,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: STARTED,
  });
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [{ type: 'InternalIP', address: NODE_ADDRESS }],
    daemonEndpoints: { kubeletEndpoint: { Port: shape.kubeletPort } },
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        'False',
        'KubeletHasNoDiskPressure',
        'kubelet has no disk pressure',
      ),
      condition(
        'PIDPressure',
        'False',
        'KubeletHasSufficientPID',
        'kubelet has sufficient PID available',
      ),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: {
      architecture: 'amd64',
      bootID: '',
      containerRuntimeVersion: 'containerd://simulated',
      kernelVersion: 'simulated',
      kubeProxyVersion: '',
      kubeletVersion: 'v1.36.3',
      machineID: '',
      operatingSystem: 'linux',
      osImage: 'Simulated',
      systemUUID: '',
    },
  };
}

function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
