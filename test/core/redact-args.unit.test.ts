import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { redactArgs } from '../../src/core/redact-args.ts';

const CANARY = 'canary 7f3a';
const header = { name: 'Authorization', value: CANARY };

// As the tools take them, alone and as a command of a batch.
test.each<[string, JsonObject]>([
  ['a variable', { env: { set: [{ name: 'DB_PASSWORD', value: CANARY }], unset: ['A'] } }],
  ['a map of variables', { env: { DB_PASSWORD: CANARY } }],
  ['a header of a probe', { liveness: { httpGet: { port: 80, httpHeaders: [header] } } }],
  ['an annotation', { kind: 'service', annotations: { 'acme.test/api-key': CANARY } }],
  ['a patch', { patch: { data: { password: CANARY } } }],
  ['a json patch', { patch: [{ op: 'add', path: '/data/password', value: CANARY }] }],
  ['a manifest', { manifest: `kind: ConfigMap\napiVersion: v1\ndata:\n  password: ${CANARY}\n` }],
  [
    'a manifest whose kind is mistyped',
    { manifest: `apiVersion: v1\nkind: Secrets\nstringData: {a: ${CANARY}}` },
  ],
  [
    'data of a kind that has none',
    { manifest: `apiVersion: v1\nkind: Pod\ndata: {password: ${CANARY}}` },
  ],
  ['a manifest without a kind', { manifest: `apiVersion: v1\ndata:\n  password: ${CANARY}` }],
  [
    'a manifest of no known group',
    { manifest: `apiVersion: x/v1\nkind: X\nspec: {token: ${CANARY}}` },
  ],
])('the secret in %s does not reach the audit log', (_what, args) => {
  expect(JSON.stringify(redactArgs(args))).not.toContain('7f3a');
  const commands = [{ tool: 'mitigate_apply', arguments: args }];
  expect(JSON.stringify(redactArgs({ commands }))).not.toContain('7f3a');
});

test('what is no secret is kept, with the names of what is', () => {
  const env = { set: [{ name: 'MODE', value: 'fast' }], unset: ['OLD'] };
  expect(redactArgs({ env })).toEqual({ env });
  const secret = { set: [{ name: 'DB_PASSWORD', secret: { name: 'creds', key: 'pw' } }] };
  expect(redactArgs({ env: secret })).toEqual({ env: secret });
});
