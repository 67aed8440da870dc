import {
  cloneJson,
  equalJson,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  stringOf,
} from '../../core/json.ts';

/** A patch that can't be applied to this object; the API server answers 422. */
export class PatchProblem extends Error {}

/** RFC 6902. @throws PatchProblem. */
export function jsonPatch(document: JsonObject, operations: readonly Json[]): Json {
  let root: Json = cloneJson(document);
  for (const operation of operations.map(objectOf)) root = apply(root, operation);
  return root;
}

function apply(root: Json, operation: JsonObject): Json {
  const path = pointer(stringOf(operation.path));
  const { value } = operation;
  switch (operation.op) {
    case 'add':
      return insert(root, path, needed(value));
    case 'remove':
      return removed(root, path);
    case 'replace':
      lookUp(root, path);
      return path.length === 0 ? needed(value) : insert(removed(root, path), path, needed(value));
    case 'move': {
      const from = pointer(stringOf(operation.from));
      const moved = lookUp(root, from);
      return insert(removed(root, from), path, moved);
    }
    case 'copy':
      return insert(root, path, cloneJson(lookUp(root, pointer(stringOf(operation.from)))));
    case 'test':
      if (!equalJson(find(root, path) ?? null, value ?? null)) {
        throw new PatchProblem(`testing value ${stringOf(operation.path)} failed: test failed`);
      }
      return root;
    default:
      throw new PatchProblem(`Unexpected kind: ${JSON.stringify(operation.op ?? '')}`);
  }
}

function needed(value: Json | undefined): Json {
  if (value === undefined) throw new PatchProblem('missing value');
  return value;
}

function pointer(text: string | undefined): string[] {
  if (text === undefined) throw new PatchProblem('missing path');
  if (text === '') return [];
  if (!text.startsWith('/')) throw new PatchProblem(`invalid path ${text}`);
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(root: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = root;
  for (const part of path) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isObject(here)) here = here[part];
    else return undefined;
  }
  return here;
}

function lookUp(root: Json, path: readonly string[]): Json {
  const found = find(root, path);
  if (found === undefined) throw missing(path);
  return found;
}

function missing(path: readonly string[]): PatchProblem {
  const text = `/${path.join('/')}`;
  return new PatchProblem(`operation does not apply: doc is missing path: ${text}: missing value`);
}

/** The parent of a path, and its last step. */
function place(root: Json, path: readonly string[]): { parent: Json; last: string } {
  const parent = find(root, path.slice(0, -1));
  if (parent === undefined || parent === null) throw missing(path);
  return { parent, last: path.at(-1) ?? '' };
}

function insert(root: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  const { parent, last } = place(root, path);
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : indexIn(last, parent.length);
    parent.splice(index, 0, value);
  } else if (isObject(parent)) parent[last] = value;
  else throw missing(path);
  return root;
}

function removed(root: Json, path: readonly string[]): Json {
  const { parent, last } = place(root, path);
  if (Array.isArray(parent)) {
    parent.splice(indexIn(last, parent.length - 1), 1);
  } else if (isObject(parent) && parent[last] !== undefined) delete parent[last];
  else throw missing(path);
  return root;
}

function indexIn(text: string, most: number): number {
  const index = Number(text);
  if (!/^\d+$/.test(text) || index > most) {
    throw new PatchProblem(`operation does not apply: invalid index ${text}`);
  }
  return index;
}
