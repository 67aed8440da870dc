import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inCi } from './availability.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles `src` into `dist` when something changed: end-to-end tests spawn `dist/bin.js`.
 * @throws Error in CI, when the compiler complains; elsewhere that is logged and what it emitted used.
 */
export async function buildDist(log: (line: string) => void): Promise<void> {
  if (newest(join(ROOT, 'dist')) > newest(join(ROOT, 'src'))) return;
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const child = spawn(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code === 0) return;
  if (inCi()) throw new Error(`src doesn't compile:\n${said}`);
  log(`src compiles with errors; tests run what was emitted. First: ${said.split('\n')[0]}`);
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
