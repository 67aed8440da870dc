import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimes,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to build with Go, from which pinned module, and where to put it. */
export interface GoBuild {
  /** As messages say it: "the Kubernetes v1.36.3 control plane". */
  readonly what: string;
  /** What a person waits for when it is cold: "about 5 minutes and 4 GB of Go caches". */
  readonly cost: string;
  readonly moduleFolder: string;
  readonly packages: readonly string[];
  readonly ldflags: readonly string[];
  readonly target: string;
  readonly log: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

/** Linker flags that tell a Kubernetes program its version; without them it calls itself v0.0.0. */
export function kubernetesVersionFlags(version: string): string[] {
  const [major, minor] = version.slice(1).split('.');
  const stamp = 'k8s.io/component-base/version';
  return [
    `-X ${stamp}.gitVersion=${version}`,
    `-X ${stamp}.gitMajor=${major}`,
    `-X ${stamp}.gitMinor=${minor}`,
  ];
}

/**
 * Builds programs into `target` with Go, beside it first, and renames when complete: a reader sees
 * all of it or nothing. A second run waits for the first.
 * @returns why it couldn't be built, or undefined when `target` is there.
 */
export async function buildWithGo(options: GoBuild): Promise<string | undefined> {
  const { what, env, target } = options;
  if (spawnSync('go', ['version'], { env, stdio: 'ignore' }).status !== 0) {
    return `no Go toolchain (https://go.dev/dl) to build ${what} with`;
  }
  try {
    return await buildOnce(options);
  } catch (error) {
    return `${what} can't be built into ${target}: ${error}`;
  }
}

async function buildOnce(options: GoBuild): Promise<string | undefined> {
  const { what, target, log } = options;
  mkdirSync(dirname(target), { recursive: true });
  const lock = `${target}.lock`;
  let waiting = false;
  while (!takeLock(lock)) {
    if (!waiting) log(`another run is building ${what}: waiting for ${lock}`);
    waiting = true;
    await sleep(500);
    if (existsSync(target)) return undefined;
  }
  const heartbeat = setInterval(() => {
    utimes(lock, new Date(), new Date(), () => {});
  }, 5_000);
  try {
    return existsSync(target) ? undefined : await build(options);
  } finally {
    clearInterval(heartbeat);
    rmSync(lock, { force: true });
  }
}

// Two waiters may both find the owner dead and both build: harmless, since each builds in a folder
// of its own and the first rename wins.
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (isStale(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** True when the owner is dead, or its pid now belongs to a process that doesn't beat. */
function isStale(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > 60_000) return true;
    // Empty for the instant between its creation and its owner's write.
    const owner = readFileSync(lock, 'utf8');
    return owner !== '' && !isAlive(Number(owner));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

async function build(options: GoBuild): Promise<string | undefined> {
  const { what, target, log } = options;
  removeAbandonedBuilds(target);
  const aside = `${target}.building-${process.pid}`;
  mkdirSync(aside, { recursive: true });
  log(`building ${what} with Go into ${target}: ${options.cost} on 2 cores; this happens once`);
  const started = Date.now();
  try {
    const output = await runGo(options, aside);
    if (output !== undefined) return `go build of ${what} failed:\n${output}`;
    try {
      renameSync(aside, target);
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
    log(`built in ${Math.round((Date.now() - started) / 1000)} s`);
    return undefined;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Runs the build; returns the end of what Go said when it failed. */
function runGo(options: GoBuild, output: string): Promise<string | undefined> {
  const ldflags = ['-s -w', ...options.ldflags].join(' ');
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', ldflags];
  const child = spawn('go', [...args, '-o', `${output}/`, ...options.packages], {
    cwd: options.moduleFolder,
    env: { ...options.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : said || `exit code ${code}`));
  });
}

function removeAbandonedBuilds(target: string): void {
  const prefix = `${basename(target)}.building-`;
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length)))) {
      rmSync(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}
