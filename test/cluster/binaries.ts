import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWithGo, kubernetesVersionFlags } from './build.ts';

/** The programs of a control plane, in start order. */
export const PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const;
export type Program = (typeof PROGRAMS)[number];
export type ProgramPaths = Readonly<Record<Program, string>>;

export type Binaries =
  | {
      readonly kind: 'found';
      readonly source: 'KUBEBUILDER_ASSETS' | 'PATH' | 'cache' | 'built';
      readonly paths: ProgramPaths;
    }
  | { readonly kind: 'missing'; readonly reason: string };

/** The Go module that pins what is built. */
export const MODULE_FOLDER = fileURLToPath(new URL('./controlplane', import.meta.url));

/** The version of a required module in a Go module's `go.mod`, with its leading `v`. */
export function requiredVersion(moduleFolder: string, module: string): string {
  const text = readFileSync(join(moduleFolder, 'go.mod'), 'utf8');
  const pattern = `^(?:\\s+|require )${module.replaceAll('.', '\\.')} (v\\S+)$`;
  const found = text.match(new RegExp(pattern, 'm'))?.[1];
  if (found === undefined) throw new Error(`${moduleFolder}/go.mod doesn't require ${module}`);
  return found;
}

/** The versions that the control plane's Go module pins, with their leading `v`. */
export function pinnedVersions(): { kubernetes: string; etcd: string } {
  return {
    kubernetes: requiredVersion(MODULE_FOLDER, 'k8s.io/kubernetes'),
    etcd: requiredVersion(MODULE_FOLDER, 'go.etcd.io/etcd/server/v3'),
  };
}

/** The per-user folder for what is built once. */
export function cacheRoot(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stratus-mcp');
}

/** The per-user folder that holds the built control plane of the pinned versions. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { kubernetes, etcd } = pinnedVersions();
  return join(cacheRoot(env), 'control-plane', `kubernetes-${kubernetes}-etcd-${etcd}`);
}

/**
 * Finds the four programs: in KUBEBUILDER_ASSETS, on PATH, in the per-user cache, or else builds
 * them into that cache with Go (minutes, once). Says why when there is no way to get them.
 */
export async function findBinaries(
  log: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Binaries> {
  if (process.platform === 'win32') {
    return { kind: 'missing', reason: 'the test control plane runs on Linux and macOS only' };
  }
  const assets = env.KUBEBUILDER_ASSETS;
  if (assets) {
    const paths = programsIn(PROGRAMS, [assets]);
    if (paths) return { kind: 'found', source: 'KUBEBUILDER_ASSETS', paths };
    log(`KUBEBUILDER_ASSETS doesn't hold all of ${PROGRAMS.join(', ')}: looking elsewhere`);
  }
  const onPath = programsIn(PROGRAMS, searchPath(env));
  if (onPath) return { kind: 'found', source: 'PATH', paths: onPath };

  const cache = cacheFolder(env);
  const cached = programsIn(PROGRAMS, [cache]);
  if (cached) return { kind: 'found', source: 'cache', paths: cached };

  const version = pinnedVersions().kubernetes;
  const failure = await buildWithGo({
    what: `the Kubernetes ${version} control plane`,
    cost: 'about 5 minutes and 4 GB of Go caches',
    moduleFolder: MODULE_FOLDER,
    packages: [
      './etcd',
      'k8s.io/kubernetes/cmd/kube-apiserver',
      'k8s.io/kubernetes/cmd/kube-controller-manager',
      'k8s.io/kubernetes/cmd/kube-scheduler',
    ],
    ldflags: kubernetesVersionFlags(version),
    target: cache,
    log,
    env,
  });
  const built = programsIn(PROGRAMS, [cache]);
  if (built) return { kind: 'found', source: 'built', paths: built };
  return { kind: 'missing', reason: failure ?? `the build left no programs in ${cache}` };
}

export function searchPath(env: NodeJS.ProcessEnv): string[] {
  return (env.PATH ?? '').split(delimiter).filter(Boolean);
}

/** All the programs, each from the first folder that has it; undefined when one is nowhere. */
export function programsIn<Name extends string>(
  names: readonly Name[],
  folders: readonly string[],
): Readonly<Record<Name, string>> | undefined {
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isProgram);
    if (found === undefined) return undefined;
    paths[name] = found;
  }
  return paths as Record<Name, string>;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
