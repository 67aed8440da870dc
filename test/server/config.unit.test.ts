import { expect, test } from 'vitest';
import { resolveConfig } from '../../src/core/config.ts';
import { StratusError } from '../../src/core/errors.ts';

test('flags win over the environment, the environment over defaults', () => {
  const env = {
    STRATUS_KUBECONFIG: '/env/kubeconfig',
    STRATUS_CONTEXT: 'from-env',
    STRATUS_POLICY: 'read-only',
    STRATUS_JOURNAL: '/env/journal.db',
    STRATUS_RETAIN_DAYS: '30',
    STRATUS_LEASE: 'shop/writer',
    STRATUS_FENCE: 'true',
    STRATUS_READ_ONLY: 'yes',
    STRATUS_LOG_LEVEL: 'debug',
  };
  expect(resolveConfig({}, {}, '/home/ann')).toEqual({
    policy: 'default',
    journal: '/home/ann/.local/state/stratus-mcp/journal.db',
    retainDays: 365,
    fence: false,
    lease: { namespace: 'kube-system', name: 'stratus-mcp' },
    readOnly: false,
    logLevel: 'info',
  });
  expect(resolveConfig({}, env, '/home/ann')).toEqual({
    kubeconfig: '/env/kubeconfig',
    context: 'from-env',
    policy: 'read-only',
    journal: '/env/journal.db',
    retainDays: 30,
    fence: true,
    lease: { namespace: 'shop', name: 'writer' },
    readOnly: true,
    logLevel: 'debug',
  });
  expect(
    resolveConfig({ context: 'flag', policy: './p.yaml', logLevel: 'warn' }, env, '/home/ann'),
  ).toMatchObject({ context: 'flag', policy: './p.yaml', logLevel: 'warn' });
});

test('an empty variable is no setting, as client configurations leave them', () => {
  const env = { STRATUS_POLICY: '', STRATUS_CONTEXT: '', STRATUS_READ_ONLY: '' };
  expect(resolveConfig({}, { ...env, XDG_STATE_HOME: '/state' }, '/home/ann')).toEqual({
    policy: 'default',
    journal: '/state/stratus-mcp/journal.db',
    retainDays: 365,
    fence: false,
    lease: { namespace: 'kube-system', name: 'stratus-mcp' },
    readOnly: false,
    logLevel: 'info',
  });
});

test('a value that is none of the allowed ones is an error, never a guess', () => {
  expect(() => resolveConfig({ logLevel: 'loud' }, {}, '/')).toThrow(StratusError);
  expect(() => resolveConfig({}, { STRATUS_READ_ONLY: 'ture' }, '/')).toThrow(
    'STRATUS_READ_ONLY is "ture"; say true or false.',
  );
  for (const slip of ['-1', '1e3', ' 5', '90d', '1.5', '99999']) {
    expect(() => resolveConfig({ retainDays: slip }, {}, '/'), slip).toThrow('--retain-days is');
  }
  expect(resolveConfig({ retainDays: '0' }, {}, '/').retainDays).toBe(0);
});

test('a Lease is named whole, or off', () => {
  const lease = (word: string) => resolveConfig({ lease: word }, {}, '/').lease;
  expect(lease('ops/writers.shop')).toEqual({ namespace: 'ops', name: 'writers.shop' });
  expect(lease('off')).toBe('off');
  for (const slip of ['writers', 'ops/', '/writers', 'Ops/writers', 'a/b/c', 'no', 'ops/-x']) {
    expect(() => lease(slip), slip).toThrow('NAMESPACE/NAME');
  }
});
