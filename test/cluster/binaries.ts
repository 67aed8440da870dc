import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildControlPlane } from './build.ts';

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

/** The versions that the Go module pins, with their leading `v`. */
export function pinnedVersions(): { kubernetes: string; etcd: string } {
  const text = readFileSync(join(MODULE_FOLDER, 'go.mod'), 'utf8');
  const version = (module: string) => {
    const found = text.match(
      new RegExp(`^\\s+${module.replaceAll('.', '\\.')} (v\\S+)$`, 'm'),
    )?.[1];
    if (found === undefined) throw new Error(`controlplane/go.mod doesn't require ${module}`);
    return found;
  };
  return {
    kubernetes: version('k8s.io/kubernetes'),
    etcd: version('go.etcd.io/etcd/server/v3'),
  };
}

/** The per-user folder that holds the built binaries of the pinned versions. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { kubernetes, etcd } = pinnedVersions();
  const caches = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(caches, 'stratus-mcp', 'control-plane', `kubernetes-${kubernetes}-etcd-${etcd}`);
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
    const paths = programsIn([assets]);
    if (paths) return { kind: 'found', source: 'KUBEBUILDER_ASSETS', paths };
    log(`KUBEBUILDER_ASSETS doesn't hold all of ${PROGRAMS.join(', ')}: looking elsewhere`);
  }
  const onPath = programsIn((env.PATH ?? '').split(delimiter).filter(Boolean));
  if (onPath) return { kind: 'found', source: 'PATH', paths: onPath };

  const cache = cacheFolder(env);
  const cached = programsIn([cache]);
  if (cached) return { kind: 'found', source: 'cache', paths: cached };

  const failure = await buildControlPlane({
    moduleFolder: MODULE_FOLDER,
    target: cache,
    kubernetesVersion: pinnedVersions().kubernetes,
    log,
    env,
  });
  const built = programsIn([cache]);
  if (built) return { kind: 'found', source: 'built', paths: built };
  return { kind: 'missing', reason: failure ?? `the build left no programs in ${cache}` };
}

/** All four programs, each from the first folder that has it; undefined when one is nowhere. */
function programsIn(folders: readonly string[]): ProgramPaths | undefined {
  const paths: Partial<Record<Program, string>> = {};
  for (const program of PROGRAMS) {
    const found = folders.map((folder) => join(folder, program)).find(isProgram);
    if (found === undefined) return undefined;
    paths[program] = found;
  }
  return paths as ProgramPaths;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
