import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { lean } from './lean.ts';
import { noticesOf } from './notices.ts';

/*
 * Bundles src into dist/bin.js and the chunks that it loads when they are needed. Reading two
 * hundred small files took half of the time until `initialize` was answered.
 *
 * Chunks lie in dist/chunks, as deep as every file of src: `new URL('../../policies', …)` means the
 * same place from both. better-sqlite3 is native and stays a package.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const ENTRY = join(DIST, 'bin.js');

// For packages in CommonJS, which ask for Node's own modules at run time.
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

const { values } = parseArgs({
  // Chunks of earlier builds stay: servers that run on them still load the rest.
  options: { 'keep-old': { type: 'boolean', default: false } },
});

const { outputFiles, metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [join(ROOT, 'src', 'bin.ts')],
  outdir: DIST,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['better-sqlite3'],
  plugins: [lean],
  banner: { js: REQUIRE },
  sourcemap: 'linked',
  metafile: true,
  write: false,
  logLevel: 'warning',
});

// The entry comes last and at once: whoever starts meanwhile gets the old build or the new one.
const written = new Set<string>();
for (const { path, text } of [...outputFiles].sort((a) => (a.path === ENTRY ? 1 : -1))) {
  mkdirSync(dirname(path), { recursive: true });
  // The entry has to be understood by versions of Node that are too old, to tell them so.
  const shown = path === ENTRY ? text.replace(REQUIRE, '') : text;
  writeFileSync(`${path}.new`, shown, { mode: path === ENTRY ? 0o755 : 0o644 });
  renameSync(`${path}.new`, path);
  written.add(relative(DIST, path));
}
writeFileSync(join(DIST, 'third-party-notices.txt'), noticesOf(metafile, ROOT));
written.add('third-party-notices.txt');

if (!values['keep-old']) {
  for (const file of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && !written.has(relative(DIST, path))) rmSync(path);
  }
}
