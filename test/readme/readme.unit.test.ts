import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { allTools } from '../../src/tools/catalogue.ts';
import { markedSections, regenerate, SECTIONS } from './sections.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string) => readFileSync(root(path), 'utf8');
const readme = read('README.md');

test('the README names every tool, and none that does not exist', () => {
  const named = new Set(
    readme.match(/\b(observe|mitigate|transaction|undo|audit|incident)_[a-z_]+\b/g),
  );
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

test('the generated sections say what the code says; npm run readme writes them', () => {
  expect(markedSections(readme).sort()).toEqual(Object.keys(SECTIONS).sort());
  expect(readme).toBe(regenerate(readme));
});

test('every variable that the server reads is in the README, and no other', () => {
  const sources = readdirSync(root('src'), { recursive: true, encoding: 'utf8' });
  const code = sources
    // Crash points are for tests.
    .filter((file) => file.endsWith('.ts') && file !== 'core/crashpoint.ts')
    .map((file) => read(`src/${file}`))
    .join('\n');
  const variables = (text: string) => [...new Set(text.match(/\bSTRATUS_[A-Z_]+\b/g))].sort();
  expect(variables(readme)).toEqual(variables(code));
});

test('every campaign that package.json runs is in the README, with its command', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const campaigns = Object.entries(scripts).filter(([, run]) => run.includes('test/campaign/'));
  expect(campaigns.length).toBeGreaterThan(5);
  const table = SECTIONS.campaigns?.() ?? '';
  expect(campaigns.filter(([name]) => !table.includes(`\`npm run ${name}\``))).toEqual([]);
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
