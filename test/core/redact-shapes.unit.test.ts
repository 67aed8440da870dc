import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/core/kube.ts';
import { redactObject, redactText } from '../../src/core/redact.ts';
import { DEFAULT_REDACTION } from '../../src/core/redact-text.ts';

const rules = DEFAULT_REDACTION;
const base64 = (text: string) => Buffer.from(text).toString('base64');
// Put together here, so that no scanner takes the examples for real ones.
const join = (...parts: string[]) => parts.join('');

/** Where a text of the cluster turns up in an answer. */
const PLACES: Record<string, (text: string) => string> = {
  'a log': (text) => redactText(text, rules),
  'a ConfigMap': (text) =>
    shown({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { file: text } }),
  'an annotation': (text) =>
    shown({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', annotations: { note: text } } }),
  'an env variable': (text) => container({ env: [{ name: 'VALUE', value: text }] }),
  'an argument': (text) => container({ args: [text] }),
};

function shown(object: object): string {
  return JSON.stringify(redactObject(object as KubeObject, rules));
}

function container(fields: object): string {
  const spec = { template: { spec: { containers: [{ name: 'main', ...fields }] } } };
  return shown({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec });
}

const CREDENTIALS: [string, string, string][] = [
  ['an AWS access key', `id ${join('AKIA', 'IOSFODNN7EXAMPLE')} x`, 'IOSFODNN7'],
  ['an AWS secret key', `aws_secret_access_key = ${join('wJalrXUt', 'nFEMI/K7MDENG')}`, 'wJalr'],
  ['a GitHub token', join('ghp_', '16C7e42F292c6912E7710c838347Ae178B4a'), '16C7e42F'],
  ['a GitLab token', join('glpat-', 'AbCdEfGhIjKlMnOpQrSt'), 'AbCdEfGh'],
  ['a Slack token', join('xoxb-', '123456789012-AbCdEfGhIjKl'), 'AbCdEfGh'],
  ['a Slack hook', `https://hooks.slack.com/services/${join('T00/B00/', 'XXc4n4ry')}`, 'c4n4ry'],
  ['a Google key', join('AIza', 'SyA1234567890abcdefghijklmnopqrstuv'), 'SyA12345'],
  ['a Stripe key', join('sk_', 'live_4eC39HqLyjWDarjtT1zdp7dc'), '4eC39HqL'],
  ['a model API key', join('sk-ant-', 'api03-AbCdEfGhIjKlMnOp'), 'AbCdEfGh'],
  ['an age key', join('AGE-SECRET-KEY-1', 'QQPQR8ZC4N4RYQQQQQQQQQQ'), 'C4N4RY'],
  ['a password in a URL', 'postgres://user:c4n4ry@host/db', 'c4n4ry'],
  ['a password with an at sign', 'postgres://user:p@c4n4ry@host/db', 'c4n4ry'],
  ['a password with a slash', 'postgres://user:p/c4n4ry@host/db', 'c4n4ry'],
  ['a URL without a user', 'redis://:c4n4ry@host:6379', 'c4n4ry'],
  ['a token as the user', 'https://c4n4ryc4n4ryc4n4ry12@git.example/x', 'c4n4ry'],
  ['a token in a query', 'https://x/?sig=c4n4ry1&access_token=c4n4ry2', 'c4n4ry'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c4n4rysig', 'c4n4ry'],
  ['a short name', 'DB_PASS=c4n4ry', 'c4n4ry'],
  ['a connection string', 'Server=db;User Id=sa;Pwd=c4n4ry;Encrypt=yes', 'c4n4ry'],
  ['a storage key', 'AccountName=a;AccountKey=c4n4ry==;EndpointSuffix=x', 'c4n4ry'],
  ['registry logins', `{"auths":{"r":{"auth":"${base64('u:c4n4rypass')}"}}}`, base64('u:c4n4ryp')],
  ['curl', 'curl -u admin:c4n4ry https://x', 'c4n4ry'],
  ['mysql', 'mysql -h db -uroot -pc4n4ry', 'c4n4ry'],
  ['a password hash', 'admin:$apr1$c4n4ry$ABCDEFabcdef1234567890', 'c4n4ry'],
  ['JSON in JSON', '{\\"password\\":\\"c4n4ry with words\\",\\"port\\":1}', 'c4n4ry'],
  ['a PGP key', '-----BEGIN PGP PRIVATE KEY BLOCK-----\nc4n4ry\n-----END PGP', 'c4n4ry'],
  ['a Secret as YAML', 'kind: Secret\ndata:\n  plain: c4n4ry\n  b: c4n4ry\ntype: x', 'c4n4ry'],
  ['a Secret as JSON', '{"kind":"Secret","data":{"plain":"c4n4ry"},"type":"x"}', 'c4n4ry'],
  ['a Secret in a string', '{\\"kind\\":\\"Secret\\",\\"data\\":{\\"a\\":\\"c4n4ry\\"}}', 'c4n4ry'],
];

describe.each(Object.entries(PLACES))('in %s', (_, place) => {
  it.each(CREDENTIALS)('hides %s', (_name, text, canary) => {
    const answer = place(text);
    expect(answer).not.toContain(canary);
    expect(answer).toContain('<redacted: ');
  });
});

it('hides what flag and value say only together', () => {
  const text = container({
    args: ['curl', '-u', 'admin:c4n4ry', '--port', '80', '-u', '1000:1000'],
  });
  expect(text).not.toContain('c4n4ry');
  expect(text).toContain('"--port","80","-u","1000:1000"');
});

describe('what a diagnosis needs', () => {
  it.each([
    'registry.example/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'uid: 3f1c2b5e-8f4e-4f6b-9f57-2d0a3e1c7b11',
    'resourceVersion: 123456789',
    'checksum/config: 5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5',
    'pod-template-hash: 7d4b9c8f6',
    'kubectl.kubernetes.io/restartedAt: 2026-01-01T00:00:00Z',
    'web-7d4b9c8f6-abcde',
    'http://example.com:8080/a@b',
    'git@github.com:org/repo.git',
    'https://user@host/x',
    'risk-proj-abcdefghijklmnopqrstuvwxyz',
    'COMPASS_MODE=on PASSENGERS=3 BYPASS=no',
    'docker run -u 1000:1000 image',
    'GET /cart?page=2&sort=price 200',
    "awk '{print $1$2}' file",
    'kind: ConfigMap\ndata:\n  port: "80"',
  ])('stays: %s', (text) => {
    expect(redactText(text, rules)).toBe(text);
  });
});

describe('masking', () => {
  it.each([
    ['schemes', 'a://x:'.repeat(20_000)],
    ['at signs', `a://u:${'x'.repeat(50_000)}`],
    ['backslashes', '\\'.repeat(50_000)],
    ['quotes', '\\"a\\":\\"'.repeat(10_000)],
    ['keys that never end', '-----BEGIN PRIVATE KEY-----\n'.repeat(5_000)],
    ['commands', 'mysql '.repeat(20_000)],
    ['Secrets', 'kind: Secret\ndata: {'.repeat(5_000)],
  ])('ends on many %s', (_, text) => {
    expect(redactText(text, rules).length).toBeGreaterThan(0);
  });
});
