import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { waitFor } from './client.ts';
import { requireControlPlane, startControlPlane } from './index.ts';

requireControlPlane();

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Command lines of living processes that mention the folder. */
function processesOf(folder: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'stat,args', '-ww'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder) && !line.startsWith('Z'));
}

async function own(): Promise<Awaited<ReturnType<typeof startControlPlane>>> {
  const plane = await startControlPlane();
  onTestFinished(() => plane.stop());
  return plane;
}

test('two at once are strangers, and stopping leaves nothing behind', async () => {
  const [one, two] = await Promise.all([own(), own()]);
  await one.request('POST', '/api/v1/namespaces', { metadata: { name: 'only-in-one' } });
  const there = await two.request('GET', '/api/v1/namespaces/only-in-one', undefined, {
    allow: [404],
  });
  expect(there.status).toBe(404);
  // etcd, API server, controller manager, scheduler and the guardian.
  expect(processesOf(one.folder)).toHaveLength(5);

  await one.stop();
  expect(processesOf(one.folder)).toEqual([]);
  expect(existsSync(one.folder)).toBe(false);
  expect((await two.request('GET', '/readyz')).text).toBe('ok');
});

test('a paused API server answers nothing until resumed, and stops all the same', async () => {
  const plane = await own();
  plane.pause();
  const answer = plane.request('GET', '/readyz');
  const silence = new Promise((resolve) => setTimeout(resolve, 500, 'silence'));
  expect(await Promise.race([answer, silence])).toBe('silence');
  plane.resume();
  expect((await answer).text).toBe('ok');
  plane.pause();
  await plane.stop();
  expect(processesOf(plane.folder)).toEqual([]);
});

/** `npm run cluster` without npm, once it's up. */
async function cli(...args: string[]) {
  const command = ['--import', 'tsx', 'test/cluster/cli.ts', '--node-count', '0', ...args];
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const kubeconfig = line.match(/^export KUBECONFIG=(.+)$/)?.[1];
    if (kubeconfig !== undefined) {
      const folder = kubeconfig.replace(/\/kubeconfigs\/.*$/, '');
      return { child, exit, kubeconfig, folder };
    }
  }
  throw new Error(`the cluster ended with ${await exit}`);
}

test('npm run cluster prints a kubeconfig and cleans up on SIGINT', async () => {
  const { child, exit, kubeconfig, folder } = await cli();
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  expect(config.clusters[0].cluster.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  child.kill('SIGINT');
  expect(await exit).toBe(0);
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

test('kill -9 of the process that started it leaves nothing behind', async () => {
  const { child, exit, folder } = await cli();
  child.kill('SIGKILL');
  await exit;
  await waitFor('the guardian to clean up', async () => {
    return processesOf(folder).length === 0 && !existsSync(folder);
  });
});
