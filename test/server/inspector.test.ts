import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { environment, ROOT, temporaryFolder } from './support.ts';

/** The inspector wants a newer Node than the server; npx brings both, in these versions. */
const NODE = 'node@24';
const INSPECTOR = '@modelcontextprotocol/inspector@2.12.0';

const run = promisify(execFile);

/** npm keeps its cache and settings, although the server gets a home of its own. */
const NPM = {
  npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
  npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
};

function npx(words: readonly string[], folder: string) {
  return run('npx', ['-y', '-p', NODE, '-p', INSPECTOR, '--', ...words], {
    cwd: folder,
    env: { ...process.env, ...environment(folder), ...NPM },
    maxBuffer: 16 * 1024 * 1024,
    timeout: 150_000,
  });
}

test("the official inspector's strict check finds nothing", {
  timeout: 320_000,
}, async (context) => {
  const folder = temporaryFolder();
  const why = await npx(['node', '--version'], folder).then(
    () => undefined,
    (error: Error) => error.message.slice(0, 300),
  );
  if (why !== undefined) {
    console.warn(`skipped: npx could not fetch ${NODE} and ${INSPECTOR}: ${why}`);
    context.skip('npx could not fetch the inspector');
  }
  const server = [process.execPath, join(ROOT, 'dist', 'bin.js')];
  const options = ['--method', 'tools/list', '--strict', '--format', 'json'];
  const { stdout } = await npx(['mcp-inspector', '--cli', ...server, ...options], folder);
  const found: { schemaFindings?: unknown[]; result?: { tools?: unknown[] } } = JSON.parse(stdout);
  expect(found.result?.tools?.length).toBeGreaterThan(20);
  expect(found.schemaFindings ?? []).toEqual([]);
});
