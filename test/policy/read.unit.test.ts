import { describe, expect, test } from 'vitest';
import { read, rulesOf } from './make.ts';

const observe = { effect: 'allow', tools: ['observe_*'] };

describe('reads', () => {
  test('nothing matched: refused by default', () => {
    expect(rulesOf().decideRead(read({ namespace: 'shop' }))).toEqual({
      effect: 'refuse',
      rule: 'default',
      reason: 'No rule of the policy allows observe_list of Pod in shop.',
    });
  });

  test('refuse wins over ask, ask over allow', () => {
    const question = read({ namespace: 'shop' });
    const ask = { ...observe, effect: 'ask' };
    const refuse = { ...observe, effect: 'refuse', kinds: ['Pod'] };
    expect(rulesOf(observe).decideRead(question).effect).toBe('allow');
    expect(rulesOf(observe, ask).decideRead(question).effect).toBe('ask');
    expect(rulesOf(observe, ask, refuse).decideRead(question).effect).toBe('refuse');
  });

  test('rules about writes are not heard', () => {
    const policy = rulesOf({ effect: 'allow', tools: ['*'], verbs: ['patch'] });
    expect(policy.decideRead(read({ namespace: 'shop' })).rule).toBe('default');
    const quiet = rulesOf(observe, { effect: 'refuse', tools: ['*'], verbs: ['delete'] });
    expect(quiet.decideRead(read()).effect).toBe('allow');
  });
});

describe('questions about all namespaces', () => {
  test('an allow for one namespace is not enough, and the answer says what to do', () => {
    const policy = rulesOf({ ...observe, namespaces: ['shop'] });
    expect(policy.decideRead(read({ namespace: 'shop' })).effect).toBe('allow');
    expect(policy.decideRead(read())).toEqual({
      effect: 'refuse',
      rule: 'default',
      reason:
        'No rule of the policy allows observe_list of Pod in all namespaces as a whole. Name a namespace.',
    });
  });

  test('a refused namespace closes the list over all of them', () => {
    const policy = rulesOf(observe, {
      effect: 'refuse',
      tools: ['observe_*'],
      namespaces: ['payroll'],
    });
    expect(policy.decideRead(read())).toEqual({
      effect: 'refuse',
      rule: 'rule-1',
      reason:
        'The rule rule-1 may refuse a part of observe_list of Pod in all namespaces. Name a namespace.',
    });
    expect(policy.decideRead(read({ namespace: 'shop' })).effect).toBe('allow');
    expect(policy.decideRead(read({ namespace: 'payroll' })).effect).toBe('refuse');
    // A health overview reads every kind of every namespace.
    expect(policy.decideRead({ tool: 'observe_health' }).effect).toBe('refuse');
  });

  test('a refused namespace for one kind leaves other kinds alone', () => {
    const policy = rulesOf(observe, {
      effect: 'refuse',
      tools: ['observe_*'],
      kinds: ['Secret.core'],
      namespaces: ['payroll'],
    });
    expect(policy.decideRead(read()).effect).toBe('allow');
    expect(policy.decideRead(read({ kind: 'Secret' })).effect).toBe('refuse');
    expect(policy.decideRead(read({ kind: 'Secret', namespace: 'shop' })).effect).toBe('allow');
  });

  test('cluster-scoped kinds follow the token for them', () => {
    const node = read({ kind: 'Node', namespaced: false });
    expect(rulesOf(observe).decideRead(node).effect).toBe('allow');
    const rule = (...namespaces: string[]) => rulesOf({ ...observe, namespaces });
    expect(rule('<cluster>').decideRead(node).effect).toBe('allow');
    expect(rule('*').decideRead(node).effect).toBe('refuse');
    expect(rule('<cluster>').decideRead(read()).effect).toBe('refuse');
    expect(rule('*').decideRead(read()).effect).toBe('allow');
  });

  test('a kind of unknown scope is taken for both', () => {
    const unknown = { tool: 'observe_list', group: 'example.com', kind: 'Widget' };
    const rule = (...namespaces: string[]) => rulesOf({ ...observe, namespaces });
    expect(rule('*').decideRead(unknown).effect).toBe('refuse');
    expect(rule('<cluster>').decideRead(unknown).effect).toBe('refuse');
    expect(rule('*', '<cluster>').decideRead(unknown).effect).toBe('allow');
  });
});

test('a list is refused when one of the names in it may be', () => {
  const policy = rulesOf(observe, { effect: 'refuse', tools: ['observe_*'], names: ['db-*'] });
  const secrets = read({ kind: 'Secret', namespace: 'shop' });
  expect(policy.decideRead(secrets).reason).toContain('Name the object.');
  expect(policy.decideRead({ ...secrets, name: 'tls' }).effect).toBe('allow');
  expect(policy.decideRead({ ...secrets, name: 'db-cred' }).effect).toBe('refuse');
});

test('transaction and undo tools follow rules, but not rules about objects', () => {
  const policy = rulesOf(
    { effect: 'allow', tools: ['transaction_*'] },
    { effect: 'refuse', tools: ['*'], namespaces: ['payroll'] },
  );
  expect(policy.decideRead({ tool: 'transaction_begin' }).effect).toBe('allow');
  expect(policy.decideRead({ tool: 'transaction_begin', namespace: 'shop' }).effect).toBe('allow');
  expect(policy.decideRead({ tool: 'transaction_begin', namespace: 'payroll' }).effect).toBe(
    'refuse',
  );
  expect(policy.decideRead({ tool: 'undo_last' }).rule).toBe('default');
});

describe('offers', () => {
  test('a tool that no rule opens is not offered', () => {
    const policy = rulesOf(observe);
    expect(policy.offers('observe_list')).toBe(true);
    expect(policy.offers('mitigate_scale')).toBe(false);
    expect(policy.offers('transaction_begin')).toBe(false);
  });

  test('neither is one that is refused as a whole', () => {
    const refuse = (rule: object) => rulesOf(observe, { effect: 'refuse', ...rule });
    expect(refuse({ tools: ['observe_logs'] }).offers('observe_logs')).toBe(false);
    expect(refuse({ tools: ['observe_logs'], kinds: ['*'] }).offers('observe_logs')).toBe(false);
    expect(refuse({ tools: ['observe_logs'], names: ['x'] }).offers('observe_logs')).toBe(true);
  });

  test('an allow for writes offers no reading tool', () => {
    const policy = rulesOf({ effect: 'ask', tools: ['*'], verbs: ['patch'] });
    expect(policy.offers('observe_list')).toBe(false);
    expect(policy.offers('mitigate_patch')).toBe(true);
  });
});
