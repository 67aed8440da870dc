import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  cacheRoot,
  MODULE_FOLDER,
  pinnedVersions,
  programsIn,
  requiredVersion,
  searchPath,
} from '../binaries.ts';
import { buildWithGo, type GoBuild, kubernetesVersionFlags } from '../build.ts';

/** What the operating system's packages give. */
const PACKAGED = [
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'busybox',
  'iptables',
  'ip',
  'nsenter',
  'unshare',
] as const;
const CNI_PLUGINS = ['bridge', 'host-local', 'loopback'] as const;
const CNI_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin'];
const INSTALL =
  'apt-get install --no-install-recommends containerd runc containernetworking-plugins ' +
  'busybox-static iptables iproute2';

type Packaged = (typeof PACKAGED)[number];

export interface NodePrograms {
  readonly packaged: Readonly<Record<Packaged, string>>;
  readonly cniFolder: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly coredns: string;
  /** The server inside the test images. */
  readonly web: string;
}

export type NodeProgramsFound =
  | { readonly kind: 'found'; readonly programs: NodePrograms }
  | { readonly kind: 'missing'; readonly reason: string };

const WEB_MODULE = fileURLToPath(new URL('./web', import.meta.url));

/** Why this machine can't have real nodes, whatever is built; undefined when it can. */
export function whyNoRealNodes(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (process.platform !== 'linux') return 'real nodes need Linux';
  if (process.getuid?.() !== 0) return 'real nodes need root';
  const found = packaged(env);
  return found.kind === 'missing' ? found.reason : undefined;
}

/**
 * Finds what real nodes are made of: the packaged programs on PATH; kubelet, kube-proxy, CoreDNS
 * and the test images' server in the per-user cache, or else builds them into it with Go.
 */
export async function findNodePrograms(
  log: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<NodeProgramsFound> {
  const reason = whyNoRealNodes(env);
  if (reason !== undefined) return { kind: 'missing', reason };
  const there = packaged(env);
  if (there.kind === 'missing') return there;
  const built = await buildNodePrograms(log, env);
  if (built.kind === 'missing') return built;
  return { kind: 'found', programs: { ...there.found, ...built.found } };
}

type Part<T> = { kind: 'found'; found: T } | { kind: 'missing'; reason: string };

function packaged(env: NodeJS.ProcessEnv): Part<Pick<NodePrograms, 'packaged' | 'cniFolder'>> {
  const folders = [...searchPath(env), '/usr/sbin', '/sbin'];
  const missing = PACKAGED.filter((name) => programsIn([name], folders) === undefined);
  const cniFolder = CNI_FOLDERS.find((folder) => programsIn(CNI_PLUGINS, [folder]));
  const programs = programsIn(PACKAGED, folders);
  if (programs === undefined || cniFolder === undefined) {
    const names = [...missing, ...(cniFolder === undefined ? ['CNI plugins'] : [])].join(', ');
    return { kind: 'missing', reason: `real nodes need ${names}: ${INSTALL}` };
  }
  return { kind: 'found', found: { packaged: programs, cniFolder } };
}

async function buildNodePrograms(
  log: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<Part<Omit<NodePrograms, 'packaged' | 'cniFolder'>>> {
  const paths: Record<string, string> = {};
  for (const { programs, ...build } of builds(log, env)) {
    const failure = existsSync(build.target) ? undefined : await buildWithGo(build);
    const found = programsIn(programs, [build.target]);
    if (found === undefined) {
      return { kind: 'missing', reason: failure ?? `${build.target} lacks ${programs.join(', ')}` };
    }
    Object.assign(paths, found);
  }
  const { kubelet = '', coredns = '', web = '' } = paths;
  return { kind: 'found', found: { kubelet, kubeProxy: paths['kube-proxy'] ?? '', coredns, web } };
}

function builds(
  log: (line: string) => void,
  env: NodeJS.ProcessEnv,
): (GoBuild & { readonly programs: readonly string[] })[] {
  const { kubernetes } = pinnedVersions();
  const coredns = requiredVersion(MODULE_FOLDER, 'github.com/coredns/coredns');
  const cache = join(cacheRoot(env), 'nodes');
  return [
    {
      what: `the Kubernetes ${kubernetes} kubelet and kube-proxy, and CoreDNS ${coredns},`,
      // Most of what they are made of is the control plane's too, and in Go's cache by then.
      cost: 'under a minute after the control plane, 5 without',
      moduleFolder: MODULE_FOLDER,
      packages: ['./coredns', 'k8s.io/kubernetes/cmd/kubelet', 'k8s.io/kubernetes/cmd/kube-proxy'],
      programs: ['coredns', 'kubelet', 'kube-proxy'],
      ldflags: kubernetesVersionFlags(kubernetes),
      target: join(cache, `kubernetes-${kubernetes}-coredns-${coredns}`),
      log,
      env,
    },
    {
      what: "the test images' web server",
      cost: 'some seconds',
      moduleFolder: WEB_MODULE,
      packages: ['.'],
      programs: ['web'],
      ldflags: [],
      target: join(cache, `web-${digest(WEB_MODULE)}`),
      log,
      env,
    },
  ];
}

/** Of a module's own files: no version tells when these change. */
function digest(folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}
