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
    outputSchema: objectSchema(outputOf(tool), 'output'),
    annotations: annotationsOf(tool),
  };
}

/** Changing tools share one answer, because one lifecycle gives it. */
export function outputOf(tool: Tool): z.ZodObject {
  return tool.effect === 'mitigate' ? mitigateOutput : tool.output;
}

// draft-07 is what the clients' validators know without asking; the $schema line says nothing more.
function objectSchema(schema: z.ZodObject, io: 'input' | 'output') {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-7', io });
  const properties = (json.properties ?? {}) as Record<string, object>;
  return { ...json, type: 'object' as const, properties };
}
