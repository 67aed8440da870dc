import { at, isObject, type Json, type JsonObject, parseJson } from '../../../core/json.ts';

/** Paths shown; more than these are told by what they have in common. */
const MOST = 4;

/**
 * A FieldsV1 set of managedFields in short: `spec.template.spec.containers[web].image, metadata.labels.*`. What is
 * too much to list is told by its common beginnings. Names of fields only, no set holds values besides list keys.
 */
export function fieldsText(fields: JsonObject): string {
  const leaves = leavesOf(fields, []);
  const deepest = Math.max(0, ...leaves.map(({ length }) => length));
  for (let depth = deepest; depth > 0; depth -= 1) {
    const shown = shortened(leaves, depth);
    if (shown.length <= MOST || depth === 1) {
      const more = shown.length - MOST;
      return `${shown.slice(0, MOST).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    }
  }
  return '';
}

/** True where a set holds the field or something in it. */
export function holdsField(fields: Json | undefined, ...path: readonly string[]): boolean {
  return at(fields, ...path.map((name) => `f:${name}`)) !== undefined;
}

function leavesOf(fields: JsonObject, path: readonly string[]): string[][] {
  return Object.entries(fields).flatMap(([name, inner]) => {
    if (name === '.') return [];
    const here = [...path, wordOf(name)];
    const within = isObject(inner) ? leavesOf(inner, here) : [];
    return within.length > 0 ? within : [here];
  });
}

/** `f:image` → `.image`, `k:{"name":"web"}` → `[web]`, `v:"x"` → `[x]`. */
function wordOf(name: string): string {
  const inner = name.slice(2);
  if (name.startsWith('f:')) return `.${inner}`;
  return `[${valuesIn(inner)}]`;
}

function valuesIn(text: string): string {
  try {
    const value = parseJson(text);
    return isObject(value) ? Object.values(value).map(String).join('/') : String(value);
  } catch {
    return text;
  }
}

function shortened(leaves: readonly (readonly string[])[], depth: number): string[] {
  const texts = leaves.map((leaf) => {
    const text = leaf.slice(0, depth).join('').replace(/^\./, '');
    return leaf.length > depth ? `${text}.*` : text;
  });
  return [...new Set(texts)];
}
