import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** From the edge to the ground. A room may import from rooms below it, never from above. */
const ROOMS = [
  'bin.ts',
  'main.ts',
  'cli',
  'server',
  'tools',
  'agents',
  'transaction',
  'undo',
  'policy',
  'severity',
  'journal',
  'cluster',
  'telemetry',
  'simulation',
  'core',
];

/** Packages that only one room may know. */
const OWNERS: Readonly<Record<string, string>> = {
  '@modelcontextprotocol/sdk': 'server',
  '@kubernetes/client-node': 'cluster',
  undici: 'cluster',
  'better-sqlite3': 'journal',
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path below src, for our own files. */
  readonly target: string | undefined;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm);
  return [...found].map(([, specifier = '']) => ({
    file,
    specifier,
    target: specifier.startsWith('.')
      ? relative(SRC, resolve(SRC, dirname(file), specifier)).replace(/\.js$/, '.ts')
      : undefined,
  }));
});

const roomOf = (path: string) => path.split('/')[0] ?? path;
const show = ({ file, specifier }: Import) => `${file} imports ${specifier}`;

describe('the rooms', () => {
  test('the walk sees the house', () => {
    expect(files.length).toBeGreaterThan(100);
    expect(imports.some(({ target }) => target === 'cluster/writer.ts')).toBe(true);
  });

  test('every file stands in a room', () => {
    expect(files.filter((file) => !ROOMS.includes(roomOf(file)))).toEqual([]);
  });

  test('imports point down', () => {
    const upward = imports.filter(({ file, target }) => {
      if (target === undefined) return false;
      return ROOMS.indexOf(roomOf(target)) < ROOMS.indexOf(roomOf(file));
    });
    expect(upward.map(show)).toEqual([]);
  });

  test.each(Object.entries(OWNERS))('only one room imports %s', (name, owner) => {
    const strangers = imports.filter(
      ({ file, specifier }) =>
        (specifier === name || specifier.startsWith(`${name}/`)) && roomOf(file) !== owner,
    );
    expect(strangers.map(show)).toEqual([]);
  });
});

test('the Kubernetes client is loaded late, so that initialize is answered at once', () => {
  const early = files.filter((file) =>
    /^import (?!type)[^;]*from '@kubernetes\/client-node'/m.test(
      readFileSync(join(SRC, file), 'utf8'),
    ),
  );
  expect(early).toEqual([]);
  const connectors = imports.filter(({ target }) => target === 'cluster/connect.ts');
  const startup = connectors.filter(({ file }) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    return roomOf(file) === 'server' && /^import (?!type)[^;]*cluster\/connect\.ts/m.test(text);
  });
  expect(startup.map(show)).toEqual([]);
});

describe('one door to the cluster', () => {
  test('only the transaction engine opens the writer', () => {
    const openers = imports.filter(({ target }) => target === 'cluster/writer.ts');
    expect(openers.map(({ file }) => file)).toEqual(['transaction/assemble.ts']);
  });

  test('only the writer can send a mutation', () => {
    const senders = files.filter((file) =>
      /import[^;]*\bmutate\b[^;]*from/.test(readFileSync(join(SRC, file), 'utf8')),
    );
    expect(senders).toEqual(['cluster/writer.ts']);
  });

  test('outside the cluster room nobody reaches below reader, writer and types', () => {
    const doors = new Set(
      imports
        .filter(({ file, target }) => target?.startsWith('cluster/') && roomOf(file) !== 'cluster')
        .map(({ target }) => target),
    );
    const allowed = [
      'cluster/types.ts',
      'cluster/connect.ts',
      'cluster/feed.ts',
      'cluster/probe.ts',
      'cluster/reader.ts',
      'cluster/writer.ts',
      'cluster/resolve.ts',
    ];
    expect([...doors].filter((door) => !allowed.includes(door ?? ''))).toEqual([]);
  });

  test('tools know only the types of the transaction layer', () => {
    const reached = imports.filter(
      ({ file, target }) =>
        roomOf(file) === 'tools' &&
        target !== undefined &&
        ['transaction', 'undo', 'journal', 'severity'].includes(roomOf(target)) &&
        !target.endsWith('types.ts'),
    );
    expect(reached.map(show)).toEqual([]);
  });

  test('nothing runs a shell, and no other program than a kubeconfig names for its credentials', () => {
    const runners = imports.filter(({ specifier }) => /^(node:)?child_process$/.test(specifier));
    expect(runners.map(({ file }) => file)).toEqual(['cluster/exec-plugin.ts']);
    const source = readFileSync(join(SRC, 'cluster/exec-plugin.ts'), 'utf8');
    expect(source).toMatch(/import \{ spawn \} from/);
    expect(source).not.toMatch(/\bshell\b\s*:/);
  });

  test('no any crosses a border', () => {
    const loose = files.filter((file) =>
      /(:|as|<)\s*any\b/.test(
        readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
      ),
    );
    expect(loose).toEqual([]);
  });
});
