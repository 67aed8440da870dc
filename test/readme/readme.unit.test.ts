import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { allTools } from '../../src/tools/catalogue.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => readFileSync(root(path), 'utf8');
const readme = read('README.md');

test('the README names every tool, and none that does not exist', () => {
  const named = new Set(readme.match(/\b(observe|mitigate|transaction|undo|audit)_[a-z_]+\b/g));
  const known = allTools(systemClock).map(({ name }) => name);
  // The story of one command line shows a column of a view.
  named.delete('audit_id');
  expect([...named].sort()).toEqual([...known].sort());
});

test('relative links lead somewhere', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((link) => !link.includes('://') && !existsSync(root(link)))).toEqual([]);
});

test('flags and variables in the README are those of the code, and the reverse', () => {
  const code = ['src/core/config.ts', 'src/cli/options.ts', 'src/journal/master-key.ts']
    .map(read)
    .join('\n');
  const variables = (text: string) => new Set(text.match(/\bSTRATUS_[A-Z_]+\b/g));
  expect([...variables(readme)].sort()).toEqual([...variables(code)].sort());
  const [, table = ''] = /\| flag \|(.*?)\n\n/s.exec(readme) ?? [];
  const flags = new Set(table.match(/--[a-z][a-z-]+/g));
  expect([...flags].sort()).toEqual(
    [...new Set(code.match(/--[a-z][a-z-]+(?= <|',|'\))/g))].sort(),
  );
});

test('CI calls the test command of the README', () => {
  expect(readme).toContain('npm ci && npm test');
  const script = read('.ci/run');
  expect(script).toMatch(/^npm ci$/m);
  expect(script).toMatch(/npm test$/m);
});

test('mcp.json serves both shapes that clients read', () => {
  const config: unknown = JSON.parse(read('mcp.json'));
  expect(config).toMatchObject({
    mcpServers: { stratus: { command: 'stratus-mcp' } },
    servers: { stratus: { type: 'stdio', command: 'stratus-mcp' } },
  });
});
