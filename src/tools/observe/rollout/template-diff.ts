import { createTwoFilesPatch } from 'diff';
import { at, isObject, type Json, type JsonObject } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { redactPair } from '../../../core/redact.ts';
import type { RedactionRules } from '../../../core/redact-text.ts';
import { renderManifest } from '../../render/manifest.ts';
import { plain } from './history.ts';

/** One side of a comparison: `revision 3` and its pod template. */
export interface Side {
  readonly title: string;
  readonly template: JsonObject;
}

// Beyond this many changed lines the comparison takes long and tells nothing.
const MOST_EDITS = 1_500;

/**
 * A unified diff of two pod templates as YAML, credentials masked (hidden values that differ say
 * so). Empty when they are equal, undefined when they have too little in common to compare.
 */
export function templateDiff(from: Side, to: Side, rules: RedactionRules): string | undefined {
  const { before, after } = redactPair(wrap(from), wrap(to), rules);
  const patch = createTwoFilesPatch(from.title, to.title, yamlOf(before), yamlOf(after), '', '', {
    context: 3,
    maxEditLength: MOST_EDITS,
  });
  if (patch === undefined) return undefined;
  const lines = patch.split('\n').filter((line) => !line.startsWith('====='));
  const hasChange = lines.some((line) => line.startsWith('@@'));
  return hasChange ? lines.join('\n').trim() : '';
}

// Redaction knows objects, not templates.
function wrap({ template }: Side): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'template' },
    spec: { template: plain(template) },
  };
}

function yamlOf(object: KubeObject | undefined): string {
  return `${renderManifest(sorted(at(object, 'spec', 'template') ?? {}), 'yaml')}\n`;
}

// The order of keys differs between where templates are stored. Names first, so that the hunk of a
// container or variable begins with which one it is.
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const rank = (key: string) => (key === 'name' ? '' : key);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
      .map(([key, item]) => [key, item === undefined ? item : sorted(item)]),
  );
}
