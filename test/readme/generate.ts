/** `npm run readme`: rewrites the README's generated sections from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { regenerate } from './sections.ts';

const README = new URL('../../README.md', import.meta.url);
const before = readFileSync(README, 'utf8');
const after = regenerate(before);
if (after !== before) writeFileSync(README, after);
process.stdout.write(
  after === before ? 'README.md is up to date.\n' : 'README.md was rewritten.\n',
);
