import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { StratusError } from '../../../src/core/errors.ts';
import { createPolicy, type ExplainingPolicy } from '../../../src/policy/evaluate.ts';
import { BUILT_IN_POLICIES, parsePolicy, policyPath } from '../../../src/policy/load.ts';
import type { PolicyDocument } from '../../../src/policy/schema.ts';
import type { WriteQuestion } from '../../../src/policy/types.ts';
import { hostile } from './hostile.ts';

const SHIPPED = BUILT_IN_POLICIES.map((name) => readFileSync(policyPath(name), 'utf8'));

/** One place of a policy file to spoil, as a chain of draws: at each node the next number chooses the child. */
interface Spoil {
  readonly file: number;
  readonly way: readonly number[];
  readonly how: 'replace' | 'remove' | 'add';
  readonly value: unknown;
}

export interface PolicyInput {
  readonly text: string;
  readonly questions: readonly WriteQuestion[];
}

const spoilt: fc.Arbitrary<string> = fc
  .record<Spoil>({
    file: fc.nat(SHIPPED.length - 1),
    way: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
    how: fc.constantFrom('replace', 'remove', 'add'),
    value: hostile,
  })
  .map(({ file, way, how, value }) => {
    const document = parse(SHIPPED[file] ?? '') as Node;
    spoil(document, way, how, value);
    return stringify(document, { aliasDuplicateObjects: false });
  });

const damaged: fc.Arbitrary<string> = fc
  .record({
    file: fc.nat(SHIPPED.length - 1),
    at: fc.nat(),
    drop: fc.nat(30),
    put: fc.string({ unit: 'binary', maxLength: 10 }),
  })
  .map(({ file, at, drop, put }) => {
    const text = SHIPPED[file] ?? '';
    const start = at % text.length;
    return text.slice(0, start) + put + text.slice(start + drop);
  });

const question: fc.Arbitrary<WriteQuestion> = fc
  .record({
    tool: fc.constantFrom('mitigate_scale', 'mitigate_patch', 'mitigate_delete', 'mitigate_apply'),
    verb: fc.constantFrom('create', 'patch', 'apply', 'delete', 'evict'),
    group: fc.constantFrom('', 'apps', 'rbac.authorization.k8s.io', 'example.com'),
    kind: fc.constantFrom('ConfigMap', 'Secret', 'Deployment', 'Role', 'Widget'),
    namespace: fc.constantFrom(undefined, 'shop', 'kube-system', '*', 'shop\nkube-system'),
    name: fc.oneof(fc.constantFrom('web', 'frozen', 'constructor'), fc.string({ maxLength: 20 })),
    changedPaths: fc.array(
      fc.oneof(
        fc.constantFrom('spec.replicas', 'data.mode', 'metadata.labels.a', 'metadata.finalizers'),
        fc.string({ maxLength: 30 }),
      ),
      { maxLength: 3 },
    ),
    labels: fc.constantFrom({}, { 'stratus.dev/protected': 'x' }, { app: 'web' }),
  })
  .map(({ namespace, ...rest }) => (namespace === undefined ? rest : { ...rest, namespace }));

export const policyInput: fc.Arbitrary<PolicyInput> = fc.record({
  text: fc.oneof({ weight: 4, arbitrary: spoilt }, { weight: 1, arbitrary: damaged }),
  questions: fc.array(question, { minLength: 5, maxLength: 5 }),
});

/** What became of a policy file, and what is wrong with that. */
export interface PolicyVerdict {
  readonly outcome: 'loaded' | 'refused';
  readonly crash?: string;
  readonly hole?: string;
}

export function tryPolicy({ text, questions }: PolicyInput): PolicyVerdict {
  let document: PolicyDocument;
  try {
    document = parsePolicy(Buffer.from(text), 'fuzzed.yaml');
  } catch (error) {
    return { outcome: 'refused', ...asCrash(error) };
  }
  try {
    const policy = policyOf(document);
    for (const asked of questions) {
      const hole = holeIn(document, policy, asked);
      if (hole !== undefined) return { outcome: 'loaded', hole };
    }
    return { outcome: 'loaded' };
  } catch (error) {
    return { outcome: 'loaded', crash: `${(error as Error).stack}` };
  }
}

function asCrash(error: unknown): { crash?: string } {
  if (!(error instanceof StratusError)) return { crash: String((error as Error).stack ?? error) };
  if (error.code !== 'policy_invalid') return { crash: `${error.code}: ${error.message}` };
  return {};
}

const policyOf = (document: PolicyDocument): ExplainingPolicy =>
  createPolicy(document, { source: 'fuzzed.yaml', digest: 'x', text: '' });

const STRENGTH = { allow: 0, ask: 1, refuse: 2 } as const;

/** Laws that hold for every policy, whatever it says. */
function holeIn(
  document: PolicyDocument,
  policy: ExplainingPolicy,
  asked: WriteQuestion,
): string | undefined {
  const { effect } = policy.decideWrite(asked);
  const under = (rules: PolicyDocument['rules']) =>
    policyOf({ ...document, rules }).decideWrite(asked).effect;
  if (under([...document.rules].reverse()) !== effect) return 'the order of the rules matters';
  if (under(document.rules.filter((rule) => rule.effect === 'refuse')) !== 'refuse') {
    return 'something is open without a rule that opens it';
  }
  const refusing = { id: 'refuse-all', effect: 'refuse', tools: ['mitigate_*'] } as const;
  if (under([...document.rules, { ...refusing, tools: [...refusing.tools] }]) !== 'refuse') {
    return 'a rule that refuses everything does not';
  }
  for (const left of document.rules.filter((rule) => rule.effect !== 'refuse')) {
    const fewer = under(document.rules.filter((rule) => rule !== left));
    // Without an ask rule another may allow alone; without an allow rule nothing may open.
    if (left.effect === 'allow' && STRENGTH[fewer] < STRENGTH[effect]) {
      return `without the rule ${left.id}, which allows, more is open`;
    }
  }
  const guards = policyOf({ ...document, protected: [] }).decideWrite(asked).effect;
  return STRENGTH[guards] > STRENGTH[effect] ? 'protecting objects opened one' : undefined;
}

type Node = Record<string, unknown> | unknown[];

function spoil(root: Node, way: readonly number[], how: Spoil['how'], value: unknown): void {
  let here = root;
  for (const [depth, choice] of way.entries()) {
    const keys = Object.keys(here);
    const key = keys[choice % Math.max(1, keys.length)];
    if (key === undefined) return;
    const child: unknown = Reflect.get(here, key);
    const last = depth === way.length - 1 || typeof child !== 'object' || child === null;
    if (!last) {
      here = child as Node;
      continue;
    }
    if (how === 'remove') Reflect.deleteProperty(here, key);
    else Reflect.set(here, how === 'add' && !Array.isArray(here) ? `${key}x` : key, value);
    return;
  }
}
