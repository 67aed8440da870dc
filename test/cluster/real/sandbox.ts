import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { waitFor } from '../client.ts';
import type { ProcessGroup } from '../processes.ts';

const execute = promisify(execFile);

/** The pods' network: the same in every sandbox, since none sees another's. */
export const POD_NETWORK = '10.244.0.0/16';
/** The bridge's own address: the pods' gateway and their DNS server. */
export const GATEWAY = '10.244.0.1';
export const BRIDGE = 'cni0';
const UPLINK = 'uplink';

/** Nodes that one sandbox has addresses for. */
export const MOST_NODES = 20;

/** 198.18.0.0/15 (RFC 2544, not routed), cut into networks of 32 addresses. */
const FIRST_NETWORK = (198 << 24) | (18 << 16);
const NETWORKS = 4096;
const NETWORK_SIZE = 32;

// What nodes write outside their own folders stays in memory that only they see. The mounts are
// shared among them, as a kubelet's volumes want it, and with nobody else.
const SETUP = `set -e
mount --make-rprivate /
mount --make-rshared /
for folder in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p /run/lock /var/lib/db-data
printf 'nameserver ${GATEWAY}\\n' > /run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
ip link set lo up
ip link add ${BRIDGE} type bridge
ip addr add ${GATEWAY}/16 dev ${BRIDGE}
ip link set ${BRIDGE} up
for address in $2; do ip addr add "$address/27" dev ${UPLINK}; done
ip link set ${UPLINK} up
ip route add default via "$1"
echo 1 > /proc/sys/net/ipv4/ip_forward
iptables -t nat -A POSTROUTING -s ${POD_NETWORK} ! -d ${POD_NETWORK} -o ${UPLINK} -j MASQUERADE
`;

/**
 * Linux namespaces of the harness's own (mounts, network, processes) in which the real nodes live:
 * when its first process is killed, the kernel takes every process, container, mount, interface
 * and rule in it away, and two sandboxes never meet. One pair of interfaces joins it to the host.
 */
export interface Sandbox {
  /** The host's address on the link: where the API server listens for the nodes. */
  readonly hostAddress: string;
  /** One address per node on the link: where the API server finds the kubelets. */
  readonly nodeAddresses: readonly string[];
  /** Process 1 of the sandbox, as the host numbers it. */
  readonly pid: number;
  /** The control group of the containers' control groups, in every hierarchy. */
  readonly cgroup: string;
  /** A program's command line that runs it in the sandbox. */
  inside(file: string, args: readonly string[]): readonly [file: string, args: string[]];
  /** Runs a program in the sandbox to its end; @throws Error with its output when it fails. */
  run(file: string, args: readonly string[]): Promise<string>;
  /** Kills everything in it; resolves when it is gone. */
  close(): Promise<void>;
}

/** Opens a sandbox with addresses for so many nodes. The process group ends it too. */
export async function openSandbox(group: ProcessGroup, nodes: number): Promise<Sandbox> {
  const outer = group.start('sandbox', 'unshare', [
    ...['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child', '--'],
    ...['/bin/sh', '-c', 'sleep infinity & wait'],
  ]);
  const pid = await waitFor("the sandbox's first process", async () => firstChild(outer));
  group.alsoKill(pid);
  const network = await connect(pid);
  const cgroup = `stratus-${pid}`;
  group.ownCgroup(cgroup);
  const addressAt = (offset: number) => dotted(FIRST_NETWORK + network * NETWORK_SIZE + offset);
  const sandbox: Sandbox = {
    hostAddress: addressAt(1),
    nodeAddresses: Array.from({ length: nodes }, (_, at) => addressAt(at + 2)),
    pid,
    cgroup,
    inside: (file, args) => [
      'nsenter',
      [`--target=${pid}`, '--mount', '--net', '--pid', '--', file, ...args],
    ],
    async run(file, args) {
      const [nsenter, all] = sandbox.inside(file, args);
      return (await execute(nsenter, all, { maxBuffer: 64 << 20 })).stdout;
    },
    async close() {
      killNow(pid);
      await waitFor('the sandbox to end', async () => !isRunning(pid));
    },
  };
  const { hostAddress, nodeAddresses } = sandbox;
  await execute('ip', ['addr', 'add', `${hostAddress}/27`, 'dev', linkName(network)]);
  await execute('ip', ['link', 'set', linkName(network), 'up']);
  await sandbox.run('/bin/sh', ['-c', SETUP, 'setup', hostAddress, nodeAddresses.join(' ')]);
  return sandbox;
}

/** The only child, once it has a network namespace of its own. */
function firstChild(parent: number): number | undefined {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  if (children === '') return undefined;
  const pid = Number(children.split(' ')[0]);
  const separate = readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  return separate ? pid : undefined;
}

/** Takes the first free network: that the kernel refuses a second interface of a name decides. */
async function connect(pid: number): Promise<number> {
  for (let network = 0; network < NETWORKS; network++) {
    const peer = ['peer', 'name', UPLINK, 'netns', String(pid)];
    try {
      await execute('ip', ['link', 'add', linkName(network), 'type', 'veth', ...peer]);
      return network;
    } catch (error) {
      if (!String(error).includes('File exists')) throw error;
    }
  }
  throw new Error('every network for real nodes is in use');
}

function linkName(network: number): string {
  return `stratus${network}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** A zombie has ended: its parent, killed too, leaves it to the system to reap. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
