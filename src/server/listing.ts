import type { Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { mitigateOutput } from '../tools/mitigate/output.ts';
import type { Tool } from '../tools/types.ts';
import { annotationsOf } from './annotations.ts';

/** A tool as tools/list shows it. */
export function listedTool(tool: Tool): ListedTool {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: objectSchema(tool.input, 'input'),
    outputSchema: answerSchema(outputOf(tool)),
    annotations: annotationsOf(tool),
  };
}

/** Changing tools share one answer, because one lifecycle gives it. */
export function outputOf(tool: Tool): z.ZodObject {
  return tool.effect === 'mitigate' ? mitigateOutput : tool.output;
}

// draft-07 is what the clients' validators know without asking; the $schema line says nothing more.
function objectSchema(schema: z.ZodObject, io: 'input' | 'output') {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io,
    override: ({ jsonSchema }) => leaveOutTheObvious(jsonSchema),
  });
  // Afterwards, because the conversion makes its lists of types last of all.
  oneTypeEach(json);
  const properties = (json.properties ?? {}) as Record<string, object>;
  return { ...json, type: 'object' as const, properties };
}

/** Fields that lead from one answer to the next call. */
const TO_GO_ON: ReadonlySet<string> = new Set(['next', 'cursor', 'truncated', 'transaction']);

/**
 * What a client may rely on: what is always at the top of an answer, and how it goes on. The rest is found by
 * reading it, and assistants that drop this schema altogether lose nothing.
 */
function answerSchema(schema: z.ZodObject) {
  const { properties, required } = objectSchema(schema, 'output');
  const promised = Object.entries(properties).filter(
    ([name]) => required?.includes(name) === true || TO_GO_ON.has(name),
  );
  const shallow = promised.map(([name, property]) => {
    const { type } = property as { type?: string };
    return [name, type === undefined ? {} : { type }] as const;
  });
  return {
    type: 'object' as const,
    properties: Object.fromEntries(shallow),
    ...(required === undefined ? {} : { required }),
  };
}

/** Removes what a schema says by saying nothing: every assistant pays for each word of this list. */
function leaveOutTheObvious(json: z.core.JSONSchema.BaseSchema): void {
  const { additionalProperties, maximum, minimum } = json;
  if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length === 0) {
    delete json.additionalProperties;
  }
  if (maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  // Sizes that no sane value breaks: who breaks one gets an error that names it.
  for (const size of ['minLength', 'maxLength', 'minItems', 'maxItems'] as const) delete json[size];
}

/** Some models' function dialects know no list of types: each gets a branch of its own. */
function oneTypeEach(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  for (const inner of Object.values(json)) oneTypeEach(inner);
  const { type: types, description, default: preset, ...limits } = json as Record<string, unknown>;
  if (!Array.isArray(types)) return;
  for (const key of Object.keys(json)) delete (json as Record<string, unknown>)[key];
  const anyOf = types.map((type) => (type === 'null' ? { type } : { type, ...limits }));
  Object.assign(json, {
    anyOf,
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
  });
}
