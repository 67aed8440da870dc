import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));

const naming = (pattern: RegExp) =>
  sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

test('only the writer can mutate, and only the transport can reach the wire for it', () => {
  expect(naming(/import [^;]*\bmutate\b[^;]*from '[^']*transport/)).toEqual(['cluster/writer.ts']);
  expect(naming(/\bexchangeWhole\b/).sort()).toEqual(['cluster/transport.ts', 'cluster/wire.ts']);
});

test('client-node and undici are imported in the cluster room alone, client-node when needed', () => {
  const outside = (path: string) => !/^(cluster|telemetry)\//.test(path);
  const imports = naming(/from '(@kubernetes\/client-node|undici)'/);
  expect(imports.filter(outside)).toEqual([]);
  expect(naming(/^import (?!type)[^;]*'@kubernetes\/client-node'/m)).toEqual([]);
});
