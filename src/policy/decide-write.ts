import { describeRef } from '../core/kube.ts';
import type { CompiledPolicy, CompiledRule } from './compile.ts';
import { type FieldMatch, type FieldPath, matchField, parseFieldPath } from './field-path.ts';
import { type Explanation, type RuleTrace, shortList } from './trace.ts';
import type { Decision, WriteQuestion } from './types.ts';

/**
 * Paths that say which object it is or that only the API server sets. They ask for no permission;
 * a refuse or ask rule that names one is still heard.
 */
const NOT_A_CHANGE = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.selfLink',
]);
const MANAGED_FIELDS = /^metadata\.managedFields($|[.[])/;

interface ChangedPath {
  readonly text: string;
  /** Undefined when the text is no path: then nothing covers it and everything touches it. */
  readonly path: FieldPath | undefined;
  readonly needsPermission: boolean;
}

interface RuleMatch {
  readonly rule: CompiledRule;
  readonly why: string;
  /** The rule speaks about this write. */
  readonly hit: boolean;
  /** Changed paths that the rule opens. */
  readonly covered: ReadonlySet<string>;
}

/**
 * Decides one planned write. Protected objects are refused; then refuse wins over ask, ask over
 * allow. Each changed path has to be covered by some allow or ask rule, alone or together; one
 * changed path inside an ask rule makes the whole write ask. What is left is refused by `default`.
 */
export function explainWrite(policy: CompiledPolicy, question: WriteQuestion): Explanation {
  const changed = question.changedPaths.map(readPath);
  const trace: RuleTrace[] = [];
  const guards = policy.guards.filter((guard) => {
    const selection = guard.selector.write(question, 'guarding');
    const matched = selection.of !== 'none';
    const why = selection.of === 'none' ? selection.why : guard.reason;
    trace.push({ rule: guard.id, effect: 'protected', matched, why });
    return matched;
  });
  const matches = policy.rules.map((rule) => matchRule(rule, question, changed));
  for (const { rule, hit, why } of matches) {
    trace.push({ rule: rule.id, effect: rule.effect, matched: hit, why });
  }
  const guard = guards[0];
  const decision: Decision = guard
    ? {
        effect: 'refuse',
        rule: guard.id,
        reason: `${describeRef(question)} is protected: ${guard.reason}`,
      }
    : decide(
        question,
        changed,
        matches.filter(({ hit }) => hit),
      );
  return { decision, trace };
}

function decide(
  question: WriteQuestion,
  changed: readonly ChangedPath[],
  hits: readonly RuleMatch[],
): Decision {
  const deed = `${question.verb} of ${describeRef(question)} by ${question.tool}`;
  const refusing = hits.find(({ rule }) => rule.effect === 'refuse');
  if (refusing) {
    const reason = `The rule ${refusing.rule.id} refuses ${deed}${because(refusing.rule)}`;
    return { effect: 'refuse', rule: refusing.rule.id, reason };
  }
  const needed = changed.filter(({ needsPermission }) => needsPermission).map(({ text }) => text);
  const opening = openedBy(hits, needed);
  if (!opening) {
    return { effect: 'refuse', rule: 'default', reason: unopened(deed, needed, hits) };
  }
  const asking = hits.find(({ rule }) => rule.effect === 'ask');
  if (asking) {
    const reason = `The rule ${asking.rule.id} wants a human's approval for ${deed}${because(asking.rule)}`;
    return { effect: 'ask', rule: asking.rule.id, reason };
  }
  const rule = opening.map(({ id }) => id).join(' + ');
  return { effect: 'allow', rule, reason: `Allowed by ${rule}.` };
}

/** The rules that together open all needed paths: one alone where possible, else in file order. */
function openedBy(
  hits: readonly RuleMatch[],
  needed: readonly string[],
): readonly CompiledRule[] | undefined {
  const alone = hits.find(
    ({ rule, covered }) =>
      !rule.fields || (needed.length > 0 && needed.every((path) => covered.has(path))),
  );
  if (alone) return [alone.rule];
  const left = new Set(needed);
  const used: CompiledRule[] = [];
  for (const { rule, covered } of hits) {
    const before = left.size;
    for (const path of covered) left.delete(path);
    if (left.size < before) used.push(rule);
  }
  return needed.length > 0 && left.size === 0 ? used : undefined;
}

function unopened(deed: string, needed: readonly string[], hits: readonly RuleMatch[]): string {
  if (hits.length === 0) return `No rule of the policy allows ${deed}.`;
  const open = new Set(hits.flatMap(({ covered }) => [...covered]));
  const shut = needed.filter((path) => !open.has(path));
  if (shut.length === 0) return `No rule of the policy allows ${deed} without a changed field.`;
  return `No rule of the policy allows ${deed} to change ${shortList(shut)}.`;
}

function because(rule: CompiledRule): string {
  return rule.reason ? `: ${rule.reason}` : '.';
}

function matchRule(
  rule: CompiledRule,
  question: WriteQuestion,
  changed: readonly ChangedPath[],
): RuleMatch {
  const miss = (why: string): RuleMatch => ({ rule, why, hit: false, covered: new Set() });
  if (!rule.speaksAbout(question.tool)) {
    return miss(`tool ${question.tool} is not among ${shortList(rule.tools)}`);
  }
  if (rule.verbs && !rule.verbs.includes(question.verb)) {
    return miss(`verb ${question.verb} is not among ${rule.verbs.join(', ')}`);
  }
  const strictness = rule.effect === 'refuse' ? 'guarding' : 'opening';
  const selection = rule.selector.write(question, strictness);
  if (selection.of === 'none') return miss(selection.why);
  const { fields } = rule;
  if (!fields) {
    const covered = new Set(changed.map(({ text }) => text));
    return { rule, hit: true, covered, why: 'everything it names fits' };
  }
  if (question.verb === 'delete' || question.verb === 'evict') {
    return miss('it names fields, and what removes an object changes none');
  }
  if (changed.length === 0) {
    // A write without known changes may change anything: enough to refuse or ask, not to allow.
    if (rule.effect === 'allow') return miss('it names fields, and no changed field is known');
    return { rule, hit: true, covered: new Set(), why: 'no changed field is known' };
  }
  const texts = shortList(fields.map(({ text }) => text));
  const relation = (is: FieldMatch): string[] =>
    changed
      .filter(({ path }) => path && fields.some((field) => matchField(field, path) === is))
      .map(({ text }) => text);
  const covered = new Set(relation('covers'));
  const touched = changed.filter(({ path }) => !path).map(({ text }) => text);
  touched.push(...relation('touches'));
  const first = [...covered, ...(rule.effect === 'allow' ? [] : touched)][0];
  if (first === undefined) return miss(`no changed field is inside ${texts}`);
  return { rule, hit: true, covered, why: `it names ${texts}, and ${first} changes` };
}

function readPath(text: string): ChangedPath {
  const needsPermission = !NOT_A_CHANGE.has(text) && !MANAGED_FIELDS.test(text);
  try {
    return { text, path: parseFieldPath(text), needsPermission };
  } catch {
    return { text, path: undefined, needsPermission };
  }
}
