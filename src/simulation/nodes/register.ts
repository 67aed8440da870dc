import type { Client } from '../controllers/client.ts';

export const NODE_ADDRESS = '127.0.0.1';
const CAPACITY = { cpu: '16', memory: '64Gi', 'ephemeral-storage': '100Gi' };

const CONDITIONS = [
  [
    'MemoryPressure',
    'False',
    'KubeletHasSufficientMemory',
    'kubelet has sufficient memory available',
  ],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const;

/** Makes a simulated node that is ready from its first moment. */
export function registerNode(client: Client, name: string, podSlots: number): void {
  const now = client.machine.timestamp();
  const resources = { ...CAPACITY, pods: String(podSlots) };
  client.create('Node', undefined, {
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
    },
    spec: {},
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [{ type: 'InternalIP', address: NODE_ADDRESS }],
      conditions: CONDITIONS.map(([type, status, reason, message]) => ({
        type,
        status,
        reason,
        message,
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      })),
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'simulated://1',
        kernelVersion: 'simulated',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.36.3-simulated',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'Simulated',
        systemUUID: '',
      },
    },
  });
}
