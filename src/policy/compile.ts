import { type FieldPattern, parseFieldPattern } from './field-path.ts';
import { anyGlob, compileGlob } from './glob.ts';
import type { PolicyDocument, RuleDocument } from './schema.ts';
import { compileSelector, type Selector } from './selector.ts';
import type { Effect, WriteQuestion } from './types.ts';
import { WRITE_TOOLS } from './vocabulary.ts';

export interface CompiledRule {
  readonly id: string;
  readonly effect: Effect;
  readonly reason: string | undefined;
  /** As written, for messages. */
  readonly tools: readonly string[];
  readonly verbs: readonly WriteQuestion['verb'][] | undefined;
  readonly fields: readonly FieldPattern[] | undefined;
  readonly selector: Selector;
  /** It names verbs, fields or labels, which reads don't have. */
  readonly writesOnly: boolean;
  speaksAbout(tool: string): boolean;
}

export interface CompiledGuard {
  /** `protected/1`: by position, for answers; no rule can have such an id. */
  readonly id: string;
  readonly reason: string;
  readonly selector: Selector;
}

export interface CompiledPolicy {
  readonly guards: readonly CompiledGuard[];
  readonly rules: readonly CompiledRule[];
}

/** Turns the document into matchers, once. */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  return {
    guards: document.protected.map((entry, i) => ({
      id: `protected/${i + 1}`,
      reason: entry.reason,
      selector: compileSelector(entry),
    })),
    rules: document.rules.map(compileRule),
  };
}

function compileRule(rule: RuleDocument): CompiledRule {
  const tools = rule.tools.map(compileGlob);
  return {
    id: rule.id,
    effect: rule.effect,
    reason: rule.reason,
    tools: rule.tools,
    verbs: rule.verbs,
    fields: rule.fields?.map(parseFieldPattern),
    selector: compileSelector(rule),
    writesOnly: Boolean(rule.verbs ?? rule.fields ?? rule.labels),
    speaksAbout: (tool) => anyGlob(tools, tool),
  };
}

/** False only when no question about the tool could be answered by allow or ask. */
export function couldOpen(policy: CompiledPolicy, tool: string): boolean {
  const about = policy.rules.filter(
    (rule) => rule.speaksAbout(tool) && (WRITE_TOOLS.holds(tool) || !rule.writesOnly),
  );
  const shut = about.some(
    (rule) => rule.effect === 'refuse' && rule.selector.everything && !rule.verbs && !rule.fields,
  );
  return !shut && about.some((rule) => rule.effect !== 'refuse');
}
