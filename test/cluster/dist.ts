import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inCi } from './availability.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Builds `dist` when something in `src` changed: end-to-end tests spawn `dist/bin.js`.
 * @throws Error in CI, when `src` can't be built; elsewhere that is logged and the last build used.
 */
export async function buildDist(log: (line: string) => void): Promise<void> {
  if (newest(join(ROOT, 'dist')) > newest(join(ROOT, 'src'))) return;
  // Servers of another run may still load chunks of the build before.
  const build = ['--import', 'tsx', join('build', 'build.ts'), '--keep-old'];
  const child = spawn(process.execPath, build, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code === 0) return;
  if (inCi()) throw new Error(`src can't be built:\n${said}`);
  log(`src can't be built; tests run the last build. ${said.trim().split('\n')[0]}`);
}

/** The newest modification time below a folder, in milliseconds; 0 when it's empty or not there. */
function newest(folder: string): number {
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    const times = files
      .filter((it) => it.isFile())
      .map((it) => statSync(join(it.parentPath, it.name)));
    return Math.max(0, ...times.map(({ mtimeMs }) => mtimeMs));
  } catch {
    return 0;
  }
}
