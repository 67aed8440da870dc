import { readFileSync } from 'node:fs';
import { objectOf, parseJson, stringOf } from './json.ts';

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return stringOf(objectOf(parseJson(text)).version) ?? '0.0.0';
}
