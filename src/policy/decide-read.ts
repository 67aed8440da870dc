import type { CompiledPolicy, CompiledRule } from './compile.ts';
import type { Selection } from './selector.ts';
import { type Explanation, shortList } from './trace.ts';
import type { Decision, ReadQuestion } from './types.ts';

interface RuleMatch {
  readonly rule: CompiledRule;
  readonly selection: Selection;
}

/**
 * Decides a read, or a call of a control tool. Refuse wins over ask, ask over allow, `default`
 * refuses the rest. Where a rule that restricts may speak about a part of what is asked (a list
 * over all namespaces), the answer is refuse and says what to name.
 */
export function explainRead(policy: CompiledPolicy, question: ReadQuestion): Explanation {
  const matches = policy.rules.map((rule) => ({ rule, selection: matchRule(rule, question) }));
  const trace = matches.map(({ rule, selection }) => ({
    rule: rule.id,
    effect: rule.effect,
    matched: selection.of !== 'none',
    why: whyOf(selection),
  }));
  return { decision: decide(question, matches), trace };
}

function decide(question: ReadQuestion, matches: readonly RuleMatch[]): Decision {
  const deed = describeRead(question);
  const find = (effect: CompiledRule['effect'], of: Selection['of']) =>
    matches.find(({ rule, selection }) => rule.effect === effect && selection.of === of)?.rule;
  const because = (rule: CompiledRule) => (rule.reason ? `: ${rule.reason}` : '.');

  const refusing = find('refuse', 'all');
  if (refusing) {
    const reason = `The rule ${refusing.id} refuses ${deed}${because(refusing)}`;
    return { effect: 'refuse', rule: refusing.id, reason };
  }
  const asking = find('ask', 'all');
  const opening = asking ?? find('allow', 'all');
  const partial = matches.find(
    ({ rule, selection }) =>
      selection.of === 'part' &&
      (opening ? rule.effect === 'refuse' || rule.effect === 'ask' : rule.effect !== 'refuse'),
  );
  if (partial?.selection.of === 'part') {
    const { rule, selection } = partial;
    const reason = opening
      ? `The rule ${rule.id} may ${rule.effect} a part of ${deed}. Name ${selection.narrow}.`
      : `No rule of the policy allows ${deed} as a whole. Name ${selection.narrow}.`;
    return { effect: 'refuse', rule: opening ? rule.id : 'default', reason };
  }
  if (!opening) {
    return {
      effect: 'refuse',
      rule: 'default',
      reason: `No rule of the policy allows ${deed}.`,
    };
  }
  if (asking) {
    const reason = `The rule ${asking.id} wants a human's approval for ${deed}${because(asking)}`;
    return { effect: 'ask', rule: asking.id, reason };
  }
  return { effect: 'allow', rule: opening.id, reason: `Allowed by ${opening.id}.` };
}

function matchRule(rule: CompiledRule, question: ReadQuestion): Selection {
  if (!rule.speaksAbout(question.tool)) {
    return {
      of: 'none',
      why: `tool ${question.tool} is not among ${shortList(rule.tools)}`,
    };
  }
  if (rule.writesOnly) {
    return { of: 'none', why: 'it names verbs, fields or labels, so it is about writes' };
  }
  return rule.selector.read(question);
}

function whyOf(selection: Selection): string {
  if (selection.of === 'none') return selection.why;
  if (selection.of === 'all') return 'everything it names fits';
  return `it may speak about a part; ${selection.narrow} is not named`;
}

function describeRead(question: ReadQuestion): string {
  const { tool, kind, namespace, name } = question;
  const what = [kind, name].filter(Boolean).join(' ');
  const everywhere = kind && name === undefined && question.namespaced !== false;
  const where = namespace ? ` in ${namespace}` : everywhere ? ' in all namespaces' : '';
  return `${tool}${what ? ` of ${what}` : ''}${where}`;
}
