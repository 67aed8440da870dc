import { z } from 'zod';
import {
  arrayOf,
  at,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  stringOf,
} from '../core/json.ts';

const LONGEST = 400;
const DEEPEST = 3;

/**
 * What an argument looks like, in the notation of TypeScript: an assistant that guessed a field's
 * name or wrote text for an object learns the right form from the error.
 * @param path where it stands in the arguments.
 * @returns undefined where the schema says nothing that helps.
 */
export function expectedShape(schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  // What comes out is told: behind a pipe stands the stricter schema.
  let node: JsonObject = objectOf(
    z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Json,
  );
  for (const step of path) {
    const next = branches(node)
      .map((branch) => child(branch, step))
      .find((it) => it !== undefined);
    if (next === undefined) return undefined;
    node = next;
  }
  for (let depth = DEEPEST; depth > 0; depth -= 1) {
    const text = shape(node, depth);
    if (text.length <= LONGEST) return /[[{]/.test(text) ? text : undefined;
  }
  return undefined;
}

function child(node: JsonObject, step: PropertyKey): JsonObject | undefined {
  const found = typeof step === 'number' ? node.items : at(node, 'properties', String(step));
  return isObject(found) ? found : undefined;
}

function branches(node: JsonObject): JsonObject[] {
  const options = arrayOf(node.anyOf).map(objectOf);
  return options.length > 0 ? options : [node];
}

function shape(node: JsonObject, depth: number): string {
  const options = branches(node).filter((it) => it.type !== 'null');
  if (options.length > 1) return [...new Set(options.map((it) => shape(it, depth)))].join(' | ');
  const only = options[0] ?? node;
  const values = arrayOf(only.enum);
  if (values.length > 0) return values.map((it) => JSON.stringify(it)).join(' | ');
  if (only.type === 'array') return `[${shape(objectOf(only.items), depth)}, …]`;
  if (only.type !== 'object') {
    const types = [only.type].flat().flatMap((it) => (it === 'null' ? [] : (stringOf(it) ?? [])));
    return types.length > 0 ? types.join(' | ') : 'any';
  }
  const fields = Object.entries(objectOf(only.properties));
  if (fields.length === 0) return `{[name]: ${shape(objectOf(only.additionalProperties), depth)}}`;
  if (depth === 0) return '{…}';
  const required = arrayOf(only.required);
  const words = fields.map(([name, field]) => {
    const mark = required.includes(name) && objectOf(field).default === undefined ? '' : '?';
    return `${name}${mark}: ${shape(objectOf(field), depth - 1)}`;
  });
  return `{${words.join(', ')}}`;
}
