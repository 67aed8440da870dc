import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, temporaryFolder } from './support.ts';

const scale = { namespace: 'shop', name: 'catalog', replicas: 2, reason: 'test' };

test('without a kubeconfig each call says what to do, and is audited', async () => {
  const { call, audit } = await connect();
  for (const [tool, args] of [
    ['observe_health', {}],
    ['mitigate_scale', scale],
    ['transaction_begin', { reason: 'test', namespaces: ['shop'] }],
  ] as const) {
    const answer = await call(tool, args);
    expect(answer.isError, tool).toBe(true);
    expect(answer.text).toContain('[cluster_not_configured]');
    expect(answer.text).toContain('Nothing was changed.');
    expect(answer.text).toContain('Next: Set KUBECONFIG or --kubeconfig');
  }
  const rows = audit().filter(({ kind }) => kind === 'outcome');
  expect(rows.map(({ tool, outcome }) => [tool, outcome])).toEqual([
    ['observe_health', 'failed'],
    ['mitigate_scale', 'failed'],
    ['transaction_begin', 'failed'],
  ]);
  expect(rows[0]).toMatchObject({ client: 'tests 1.2.3' });
});

test('the audit log answers without a cluster', async () => {
  const { call } = await connect();
  await call('observe_health');
  const answer = await call('audit_query', { tool: 'observe_health' });
  expect(answer.isError).toBe(false);
  expect(answer.text).toContain('No cluster is configured');
  expect(JSON.parse(answer.text)).toEqual(answer.payload);
});

test('an unknown argument is named with those there are, and the call is audited', async () => {
  const { call, audit } = await connect();
  const answer = await call('transaction_commit', { transaction: 'txn-1', wait: 5 });
  expect(answer).toMatchObject({ isError: true });
  expect(answer.text).toBe(
    [
      'Unknown argument for tool "transaction_commit": "wait". Expected arguments: "transaction", "wait_seconds". [invalid_arguments]',
      'Nothing was changed.',
      'Next: Correct the arguments and call again.',
    ].join('\n'),
  );
  expect(audit().filter(({ kind }) => kind === 'call' || kind === 'outcome')).toMatchObject([
    { kind: 'call', tool: 'transaction_commit', transaction: 'txn-1' },
    { kind: 'outcome', outcome: 'refused', detail: { code: 'invalid_arguments' } },
  ]);
});

test('every wrong argument is named', async () => {
  const { call } = await connect();
  const { text } = await call('mitigate_scale', { ...scale, replicas: 'two', reason: undefined });
  expect(text).toContain('Invalid argument "replicas" for tool "mitigate_scale"');
  expect(text).toContain('Missing argument "reason" for tool "mitigate_scale": expected string.');
});

test('a tool that is not there or not offered is refused, and audited', async () => {
  const { call, audit } = await connect({ args: ['--read-only'] });
  expect((await call('kubectl_exec')).text).toContain('There is no tool "kubectl_exec".');
  expect((await call('mitigate_scale', scale)).text).toContain(
    'The tool "mitigate_scale" is not offered: the server was started with --read-only.',
  );
  const rows = audit().filter(({ kind }) => kind === 'outcome');
  expect(rows).toMatchObject([
    { tool: 'kubectl_exec', outcome: 'refused', decision: 'none' },
    { tool: 'mitigate_scale', outcome: 'refused', decision: 'refuse' },
  ]);
});

test('a malformed manifest is answered with line and column before any cluster is asked', async () => {
  const { call } = await connect();
  const { text } = await call('mitigate_apply', {
    manifest: 'kind: [',
    reason: 'test',
    dry_run: true,
  });
  expect(text).toMatch(
    /^The manifest can't be read at line 1, column \d+: .* \[invalid_manifest\]/,
  );
});

test('secrets in arguments do not reach the audit log', async () => {
  const { call, folder, audit } = await connect();
  await call('mitigate_apply', {
    mode: 'create',
    manifest:
      'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: x}\nstringData: {p: hunter22}',
    reason: 'test',
  });
  await call('mitigate_patch', {
    kind: 'v1 Secret',
    name: 's',
    namespace: 'x',
    patch: { stringData: { p: 'hunter22' } },
    reason: 'test',
  });
  expect(folder).toBeTruthy();
  const rows = audit();
  expect(rows.filter(({ kind }) => kind === 'call')).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain('hunter22');
});

test('the id that the client gave its call is in the audit log', async () => {
  const { client, audit } = await connect();
  await client.callTool({
    name: 'observe_health',
    arguments: {},
    _meta: { 'claudecode/toolUseId': 'toolu_42' },
  });
  expect(JSON.stringify(audit().find(({ kind }) => kind === 'call'))).toContain('toolu_42');
});

test('a journal that cannot be opened: the server starts, no call runs', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'not-a-journal.db');
  writeFileSync(
    path,
    'these are words, not a database, and they are long enough to be read as one',
  );
  const { client, call } = await connect({ folder, env: { STRATUS_JOURNAL: path } });
  expect((await client.listTools()).tools.length).toBeGreaterThan(10);
  for (const [tool, args] of [
    ['observe_health', {}],
    ['mitigate_scale', scale],
  ] as const) {
    const answer = await call(tool, args);
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain('[journal_unavailable]');
    expect(answer.text).toContain('Nothing was changed.');
    expect(answer.text).not.toMatch(/^\s+at /m);
  }
});

test('a journal in a place that is no folder', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file', 'journal.db');
  const { call } = await connect({ folder, env: { STRATUS_JOURNAL: path } });
  expect((await call('observe_health')).text).toContain('[journal_unavailable]');
});
