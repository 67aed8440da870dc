import { equalJson, isObject, type Json } from '../../src/core/json.ts';
import type { Observation } from './types.ts';

/** Where two lists of observations differ, one line each; empty when nowhere. */
export function differences(
  real: readonly Observation[],
  embedded: readonly Observation[],
): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.max(real.length, embedded.length); at += 1) {
    const [one, other] = [real[at], embedded[at]];
    const what = one?.what ?? other?.what ?? '';
    if (one?.what !== other?.what) {
      lines.push(`step ${at}: ${one?.what ?? 'nothing'} / ${other?.what ?? 'nothing'}`);
      continue;
    }
    walk(one?.value ?? null, other?.value ?? null, '', (path, a, b) =>
      lines.push(`${what}: ${path || '.'}: real ${shown(a)}, embedded ${shown(b)}`),
    );
  }
  return lines;
}

type Tell = (path: string, real: Json | undefined, embedded: Json | undefined) => void;

function walk(a: Json | undefined, b: Json | undefined, path: string, tell: Tell): void {
  if (equalJson(a, b)) return;
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      walk(a[key], b[key], `${path}.${key}`, tell);
    }
    return;
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    for (const [at, item] of a.entries()) walk(item, b[at], `${path}[${at}]`, tell);
    return;
  }
  tell(path, a, b);
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
