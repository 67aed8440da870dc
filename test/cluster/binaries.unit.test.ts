import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { cacheFolder, findBinaries, PROGRAMS, pinnedVersions } from './binaries.ts';

let root: string;
let env: NodeJS.ProcessEnv;
let lines: string[];

const find = () => findBinaries((line) => lines.push(line), env);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stratus-binaries-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  lines = [];
  // Enough of a PATH for a shell script, with no Go and no Kubernetes on it.
  for (const folder of ['bin', 'assets', 'cache']) mkdirSync(join(root, folder));
  env = { PATH: join(root, 'bin'), XDG_CACHE_HOME: join(root, 'cache') };
});

function program(folder: string, name: string, script = ''): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}`);
  chmodSync(join(folder, name), 0o755);
}

/** A stand-in for Go that takes a moment to "build", counts its builds, and fails on demand. */
function fakeGo(failure = ''): string {
  const count = join(root, 'builds');
  program(
    join(root, 'bin'),
    'go',
    `[ "$1" = version ] && exit 0
     echo built >> "${count}"
     ${failure}
     while [ "$1" != -o ]; do shift; done
     /bin/sleep 0.3
     for p in ${PROGRAMS.join(' ')}; do echo > "$2$p"; /bin/chmod 755 "$2$p"; done`,
  );
  return count;
}

test('the versions come from the Go module, and name the cache', () => {
  expect(pinnedVersions().kubernetes).toMatch(/^v1\.36\.\d+$/);
  expect(cacheFolder(env)).toContain(pinnedVersions().kubernetes);
  expect(cacheFolder(env)).toContain(pinnedVersions().etcd);
});

test('KUBEBUILDER_ASSETS comes first when it has all four', async () => {
  env.KUBEBUILDER_ASSETS = join(root, 'assets');
  for (const name of PROGRAMS) {
    program(join(root, 'assets'), name);
    program(join(root, 'bin'), name);
  }
  const found = await find();
  expect(found).toMatchObject({ kind: 'found', source: 'KUBEBUILDER_ASSETS' });
});

test('an incomplete KUBEBUILDER_ASSETS is passed over, and said so', async () => {
  env.KUBEBUILDER_ASSETS = join(root, 'assets');
  program(join(root, 'assets'), 'etcd');
  program(join(root, 'assets'), 'kube-apiserver');
  for (const name of PROGRAMS) program(join(root, 'bin'), name);
  expect(await find()).toMatchObject({ kind: 'found', source: 'PATH' });
  expect(lines.join()).toContain("KUBEBUILDER_ASSETS doesn't hold all");
});

test('without programs and without Go, the reason tells what to install', async () => {
  const found = await find();
  expect(found).toMatchObject({ kind: 'missing' });
  expect(found.kind === 'missing' && found.reason).toMatch(/no Go toolchain .*go\.dev/);
  expect(existsSync(cacheFolder(env))).toBe(false);
});

test('two runs at once build once, announce it, and later runs use the cache', async () => {
  const count = fakeGo();
  const both = await Promise.all([find(), find()]);
  expect(both.map(({ kind }) => kind)).toEqual(['found', 'found']);
  expect(readFileSync(count, 'utf8')).toBe('built\n');
  expect(lines.join('\n')).toMatch(/about 5 minutes.*happens once/);
  expect(await find()).toMatchObject({ source: 'cache' });
  expect(readdirSync(dirname(cacheFolder(env)))).toHaveLength(1);
});

test('a run that died while building is not waited for, and its remains go', async () => {
  fakeGo();
  const target = cacheFolder(env);
  const dead = 2 ** 22 + 1;
  mkdirSync(`${target}.building-${dead}`, { recursive: true });
  writeFileSync(`${target}.lock`, String(dead));
  expect(await find()).toMatchObject({ kind: 'found', source: 'built' });
  expect(readdirSync(dirname(target))).toHaveLength(1);
});

test('a lock whose pid now belongs to another program holds nobody up', async () => {
  fakeGo();
  const lock = `${cacheFolder(env)}.lock`;
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, String(process.ppid));
  utimesSync(lock, 0, 0);
  expect(await find()).toMatchObject({ kind: 'found', source: 'built' });
});

test('a cache that cannot be written is a reason, not a crash', async () => {
  fakeGo();
  writeFileSync(join(root, 'file'), '');
  env.XDG_CACHE_HOME = join(root, 'file');
  const found = await find();
  expect(found.kind === 'missing' && found.reason).toMatch(/can't be built into .*file/);
});

test('a failed build quotes Go, leaves nothing, and is tried again next time', async () => {
  fakeGo('echo "dial tcp: lookup proxy: no such host" >&2; exit 1');
  const found = await find();
  expect(found.kind === 'missing' && found.reason).toContain('no such host');
  expect(readdirSync(dirname(cacheFolder(env)))).toEqual([]);
  fakeGo();
  expect(await find()).toMatchObject({ kind: 'found', source: 'built' });
});
