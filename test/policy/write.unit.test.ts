import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/policy/types.ts';
import { policyOf, rulesOf, write } from './make.ts';

const IMAGE = 'spec.template.spec.containers[name=web].image';
const all = { tools: ['*'] };

describe('precedence', () => {
  test('nothing matched: refused by the rule default', () => {
    expect(rulesOf().decideWrite(write())).toEqual({
      effect: 'refuse',
      rule: 'default',
      reason: 'No rule of the policy allows patch of Deployment shop/web by mitigate_patch.',
    });
  });

  test('refuse wins over ask, ask over allow, in any order of the file', () => {
    const effects: Effect[] = ['allow', 'ask', 'refuse'];
    for (const order of [effects, [...effects].reverse()]) {
      const rules = order.map((effect) => ({ id: effect, effect, ...all }));
      expect(policyOf({ rules }).decideWrite(write()).rule).toBe('refuse');
      const mild = rules.filter(({ effect }) => effect !== 'refuse');
      expect(policyOf({ rules: mild }).decideWrite(write()).rule).toBe('ask');
    }
  });

  test('the reason of the rule reaches the caller', () => {
    const policy = rulesOf({ effect: 'refuse', reason: 'Frozen until Monday.', ...all });
    expect(policy.decideWrite(write()).reason).toBe(
      'The rule rule-0 refuses patch of Deployment shop/web by mitigate_patch: Frozen until Monday.',
    );
  });
});

describe('protected', () => {
  const open = [{ id: 'open', effect: 'allow', ...all }];

  test('no rule opens a protected object', () => {
    const policy = policyOf({
      rules: open,
      protected: [{ namespaces: ['kube-*'], reason: 'Core.' }],
    });
    expect(policy.decideWrite(write({ namespace: 'kube-system' }))).toEqual({
      effect: 'refuse',
      rule: 'protected/1',
      reason: 'Deployment kube-system/web is protected: Core.',
    });
    expect(policy.decideWrite(write()).effect).toBe('allow');
  });

  test('protecting a namespace protects the Namespace object itself', () => {
    const policy = policyOf({
      rules: open,
      protected: [{ namespaces: ['prod'], reason: 'Core.' }],
    });
    const namespace = { group: '', kind: 'Namespace', namespace: undefined };
    expect(policy.decideWrite(write({ ...namespace, name: 'prod' })).effect).toBe('refuse');
    expect(policy.decideWrite(write({ ...namespace, name: 'test' })).effect).toBe('allow');
  });

  test('all selectors of an entry have to match', () => {
    const policy = policyOf({
      rules: open,
      protected: [{ kinds: ['Secret'], names: ['db-*'], reason: 'Credentials.' }],
    });
    const secret = { group: '', kind: 'Secret' };
    expect(policy.decideWrite(write({ ...secret, name: 'db-cred' })).effect).toBe('refuse');
    expect(policy.decideWrite(write({ ...secret, name: 'tls' })).effect).toBe('allow');
  });

  test('by label', () => {
    const policy = policyOf({
      rules: open,
      protected: [{ labels: { keep: '*' }, reason: 'Label.' }],
    });
    expect(policy.decideWrite(write({ labels: { keep: 'yes' } })).effect).toBe('refuse');
    expect(policy.decideWrite(write({ labels: { constructor: 'x' } })).effect).toBe('allow');
  });
});

describe('fields', () => {
  const scale = { effect: 'allow', ...all, fields: ['spec.replicas'] };
  const image = { effect: 'allow', ...all, fields: ['spec.template.spec.containers[*].image'] };

  test('an allow for one field opens no other', () => {
    const policy = rulesOf(scale);
    expect(policy.decideWrite(write()).effect).toBe('allow');
    const decision = policy.decideWrite(write({ changedPaths: ['spec.replicas', IMAGE] }));
    expect(decision.rule).toBe('default');
    expect(decision.reason).toContain(`to change ${IMAGE}.`);
  });

  test('several rules cover the changed fields together, and are all named', () => {
    const decision = rulesOf(scale, image).decideWrite(
      write({ changedPaths: ['spec.replicas', IMAGE] }),
    );
    expect(decision).toMatchObject({ effect: 'allow', rule: 'rule-0 + rule-1' });
  });

  test('one field that needs asking makes the write ask', () => {
    const policy = rulesOf(scale, { ...image, effect: 'ask' });
    expect(policy.decideWrite(write()).effect).toBe('allow');
    const both = policy.decideWrite(write({ changedPaths: ['spec.replicas', IMAGE] }));
    expect(both).toMatchObject({ effect: 'ask', rule: 'rule-1' });
  });

  test('one changed field inside a refuse rule refuses the write', () => {
    const policy = rulesOf({ effect: 'allow', ...all }, { ...image, effect: 'refuse' });
    expect(policy.decideWrite(write()).effect).toBe('allow');
    for (const path of [IMAGE, 'spec.template.spec.containers[name=web]', 'spec', 'not a [path']) {
      const decision = policy.decideWrite(write({ changedPaths: ['spec.replicas', path] }));
      expect(decision, path).toMatchObject({ effect: 'refuse', rule: 'rule-1' });
    }
  });

  test('a change above the named field is not covered', () => {
    expect(rulesOf(image).decideWrite(write({ changedPaths: ['spec.template'] })).rule).toBe(
      'default',
    );
  });

  test('an unreadable or unknown change is not opened by a rule with fields', () => {
    const policy = rulesOf({ effect: 'allow', ...all, fields: ['**'] });
    for (const changedPaths of [['not a [path'], [], ['metadata.name']]) {
      expect(policy.decideWrite(write({ changedPaths })).effect).toBe('refuse');
    }
  });

  test.each(['delete', 'evict'] as const)(
    'a rule with fields opens no %s and refuses none',
    (verb) => {
      const question = write({ verb, changedPaths: [] });
      expect(rulesOf(scale).decideWrite(question).rule).toBe('default');
      const policy = rulesOf({ effect: 'allow', ...all }, { ...scale, effect: 'refuse' });
      expect(policy.decideWrite(question).effect).toBe('allow');
    },
  );

  test('paths that only the API server sets ask for no permission', () => {
    const changedPaths = ['spec.replicas', 'metadata.generation', 'metadata.managedFields[0].time'];
    expect(rulesOf(scale).decideWrite(write({ changedPaths })).effect).toBe('allow');
  });
});

describe('selectors', () => {
  test.each([
    [{ kinds: ['Deployment'] }, {}, 'allow'],
    [{ kinds: ['Deployment.apps'] }, {}, 'allow'],
    [{ kinds: ['apps/*'] }, {}, 'allow'],
    [{ kinds: ['apps/Deployment'] }, {}, 'allow'],
    [{ kinds: ['*'] }, {}, 'allow'],
    [{ kinds: ['Deployment.apps'] }, { group: 'example.com' }, 'refuse'],
    [{ kinds: ['core/*'] }, {}, 'refuse'],
    [{ kinds: ['Secret.core'] }, { group: '', kind: 'Secret' }, 'allow'],
    [{ kinds: ['*.example.com'] }, { group: 'example.com', kind: 'Widget' }, 'allow'],
    [{ namespaces: ['team-*'] }, { namespace: 'team-a' }, 'allow'],
    [{ namespaces: ['team-*'] }, {}, 'refuse'],
    [{ namespaces: ['*'] }, { kind: 'Node', group: '', namespace: undefined }, 'refuse'],
    [{ namespaces: ['<cluster>'] }, { kind: 'Node', group: '', namespace: undefined }, 'allow'],
    [{ namespaces: ['<cluster>'] }, {}, 'refuse'],
    [{}, { kind: 'Node', group: '', namespace: undefined }, 'allow'],
    [
      { namespaces: ['shop'] },
      { kind: 'Namespace', group: '', name: 'shop', namespace: undefined },
      'refuse',
    ],
    [{ names: ['w?b'] }, {}, 'allow'],
    [{ names: ['*-db'] }, {}, 'refuse'],
    [{ labels: { app: 'web' } }, { labels: { app: 'web', tier: 'x' } }, 'allow'],
    [{ labels: { app: 'web' } }, {}, 'refuse'],
    [{ verbs: ['patch'] }, {}, 'allow'],
    [{ verbs: ['delete'] }, {}, 'refuse'],
    [{ tools: ['mitigate_*'] }, {}, 'allow'],
    [{ tools: ['mitigate_scale'] }, {}, 'refuse'],
  ])('allow %j on %j: %s', (rule, question, expected) => {
    const policy = rulesOf({ effect: 'allow', ...all, ...rule });
    expect(policy.decideWrite(write(question)).effect).toBe(expected);
  });
});

const selector = fc.record(
  {
    tools: fc.constantFrom(['*'], ['mitigate_*'], ['mitigate_scale'], ['mitigate_patch']),
    verbs: fc.constantFrom(['patch'], ['delete'], ['create', 'apply']),
    kinds: fc.constantFrom(['*'], ['Deployment'], ['apps/*'], ['Secret.core', 'Node']),
    namespaces: fc.constantFrom(['*'], ['shop'], ['s*'], ['<cluster>'], ['prod', '<cluster>']),
    names: fc.constantFrom(['web'], ['w*'], ['*']),
    fields: fc.constantFrom(['spec.replicas'], ['spec'], ['**.image'], ['metadata.labels.**']),
  },
  { requiredKeys: ['tools'] },
);
const effect = fc.constantFrom<Effect>('allow', 'ask', 'refuse');
const rules = fc.array(fc.tuple(selector, effect), { maxLength: 6 });
const question = fc
  .record({
    tool: fc.constantFrom('mitigate_scale', 'mitigate_patch', 'mitigate_delete'),
    verb: fc.constantFrom('patch' as const, 'delete' as const, 'create' as const),
    namespace: fc.constantFrom('shop', 'prod', undefined),
    name: fc.constantFrom('web', 'db'),
    changedPaths: fc.subarray(['spec.replicas', IMAGE, 'metadata.labels.app', 'spec', 'bad [']),
  })
  .chain((base) =>
    fc
      .constantFrom(['apps', 'Deployment'], ['', 'Secret'], ['', 'Node'], ['', 'Namespace'])
      .map(([group = '', kind = '']) => write({ ...base, group, kind })),
  );

const RANK: Record<Effect, number> = { refuse: 0, ask: 1, allow: 2 };
const build = (list: readonly [object, Effect][], extra: object = {}) =>
  policyOf({
    rules: list.map(([rule, effectOf], i) => ({ id: `r${i}`, effect: effectOf, ...rule })),
    ...extra,
  });

describe('laws', () => {
  test('adding a refuse rule or a protected entry never widens', () => {
    fc.assert(
      fc.property(rules, selector, question, (list, added, asked) => {
        const before = RANK[build(list).decideWrite(asked).effect];
        const refused = build([...list, [added, 'refuse']]).decideWrite(asked);
        expect(RANK[refused.effect]).toBeLessThanOrEqual(before);
        const { kinds = ['*'], namespaces } = added;
        const entry = { kinds, reason: 'x', ...(namespaces && { namespaces }) };
        const guarded = build(list, { protected: [entry] }).decideWrite(asked);
        expect(RANK[guarded.effect]).toBeLessThanOrEqual(before);
      }),
    );
  });

  test('adding an allow rule never narrows, and never opens what is refused or asked by rule', () => {
    fc.assert(
      fc.property(rules, selector, question, (list, added, asked) => {
        const before = build(list).decideWrite(asked);
        const after = build([...list, [added, 'allow']]).decideWrite(asked);
        expect(RANK[after.effect]).toBeGreaterThanOrEqual(RANK[before.effect]);
        if (before.rule !== 'default') expect(after.effect).toBe(before.effect);
      }),
    );
  });

  test('the order of rules has no meaning', () => {
    fc.assert(
      fc.property(rules, question, (list, asked) => {
        const forth = build(list).decideWrite(asked).effect;
        expect(build([...list].reverse()).decideWrite(asked).effect).toBe(forth);
      }),
    );
  });

  test('a tool that is not offered is never opened', () => {
    fc.assert(
      fc.property(rules, question, (list, asked) => {
        const policy = build(list);
        if (policy.decideWrite(asked).effect !== 'refuse') {
          expect(policy.offers(asked.tool)).toBe(true);
        }
      }),
    );
  });

  test('a changed field more never widens', () => {
    fc.assert(
      fc.property(rules, question, fc.constantFrom(IMAGE, 'data.x'), (list, asked, path) => {
        fc.pre(asked.changedPaths.length > 0);
        const policy = build(list);
        const more = { ...asked, changedPaths: [...asked.changedPaths, path] };
        expect(RANK[policy.decideWrite(more).effect]).toBeLessThanOrEqual(
          RANK[policy.decideWrite(asked).effect],
        );
      }),
    );
  });
});
