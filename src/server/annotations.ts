import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type { Tool, ToolEffect } from '../tools/types.ts';

const BY_EFFECT: Readonly<Record<ToolEffect, ToolAnnotations>> = {
  observe: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  // Each call adds to the journal.
  record: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  // A change may remove something, even though it can be taken back.
  mitigate: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
  transaction: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  // Taking back overwrites what is there now; taking back twice changes nothing more.
  undo: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
};

/** All four hints, derived from the one declared effect. One known cluster is a closed world. */
export function annotationsOf(tool: Tool): ToolAnnotations {
  return { ...BY_EFFECT[tool.effect], openWorldHint: false };
}
