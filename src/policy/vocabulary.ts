import type { Effect, WriteQuestion } from './types.ts';

/** The token for cluster-scoped objects in a list of namespaces; no namespace can be called that. */
export const CLUSTER_SCOPED = '<cluster>';

/** How rules and people spell the API group whose name is empty. */
export const CORE_GROUP = 'core';

export const EFFECTS = ['allow', 'ask', 'refuse'] as const satisfies readonly Effect[];

export const VERBS = [
  'create',
  'patch',
  'apply',
  'delete',
  'evict',
] as const satisfies readonly WriteQuestion['verb'][];

const FAMILIES = ['observe_', 'audit_', 'mitigate_', 'transaction_', 'undo_', 'incident_'];

/** True when a tool of some family could match: catches `mitgate_*`. */
export function isToolPattern(pattern: string): boolean {
  return FAMILIES.some((family) => reaches(pattern, family));
}

/** Tools that plan writes. Verbs, fields and labels are known for these only. */
export const WRITE_TOOLS = {
  reachedBy: (pattern: string): boolean => reaches(pattern, 'mitigate_'),
  holds: (toolOrPattern: string): boolean => toolOrPattern.startsWith('mitigate_'),
};

const CONTROL = ['transaction_', 'undo_', 'incident_'];

/** Tools that open, close, take back and record: they touch no object by themselves. */
export function isControlTool(tool: string): boolean {
  return CONTROL.some((family) => tool.startsWith(family));
}

function reaches(pattern: string, family: string): boolean {
  const wildcard = pattern.search(/[*?]/);
  if (wildcard < 0) return pattern.startsWith(family);
  const literal = pattern.slice(0, wildcard);
  return literal.startsWith(family) || family.startsWith(literal);
}
