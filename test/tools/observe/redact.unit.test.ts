import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/core/kube.ts';
import { redactObject, redactPair, redactText } from '../../../src/core/redact.ts';
import { redactArgs } from '../../../src/core/redact-args.ts';
import { DEFAULT_REDACTION } from '../../../src/core/redact-text.ts';

const CANARY = 'c4n4ry-Pa55word';
const encoded = Buffer.from(CANARY).toString('base64');
const rules = DEFAULT_REDACTION;

function shown(object: object): string {
  return JSON.stringify(redactObject(object as KubeObject, rules));
}

describe('redactObject', () => {
  it('shows the keys and lengths of a Secret and never its values', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: {
        name: 'db',
        namespace: 'shop',
        labels: { app: 'db' },
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"user":"${encoded}"}}`,
          'example.com/copy': `was ${CANARY}`,
          'example.com/original': '{"anything":"else"}',
          owner: 'team-a',
        },
      },
      data: { user: encoded },
      stringData: { other: CANARY },
    };
    const text = shown(secret);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(encoded);
    expect(text).not.toContain('last-applied');
    expect(text).not.toContain('anything');
    expect(JSON.parse(text)).toMatchObject({
      metadata: {
        name: 'db',
        namespace: 'shop',
        labels: { app: 'db' },
        annotations: { owner: 'team-a' },
      },
      data: { user: '<redacted: 15 bytes>' },
      stringData: { other: '<redacted: 15 bytes>' },
    });
  });

  it('finds Secrets inside lists and templates', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      metadata: { name: '' },
      items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { k: encoded } }],
    };
    expect(shown(list)).not.toContain(encoded);
  });

  it('masks credentials of a pod template and leaves what a diagnosis needs', () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'web',
                image: 'registry.example/web:1',
                env: [
                  { name: 'DB_PASSWORD', value: CANARY },
                  { name: 'DB_URL', value: `postgres://app:${CANARY}@db:5432/app` },
                  { name: 'API_TOKEN', value: '$(OTHER)' },
                  { name: 'LOG_LEVEL', value: 'debug' },
                  { name: 'A_SECRET', valueFrom: { secretKeyRef: { name: 'db', key: 'user' } } },
                ],
                args: [
                  '--password',
                  CANARY,
                  `--api-key=${CANARY}`,
                  '--port=80',
                  '--token-ttl',
                  '-v',
                ],
                command: ['sh', '-c', `export PASSWORD=${CANARY}; exec web --listen :80`],
                livenessProbe: {
                  httpGet: { httpHeaders: [{ name: 'Authorization', value: `Basic ${CANARY}` }] },
                },
              },
            ],
            volumes: [{ name: 'v', secret: { secretName: 'db' } }],
          },
        },
      },
    };
    const text = shown(deployment);
    expect(text).not.toContain(CANARY);
    for (const kept of [
      'registry.example/web:1',
      'debug',
      '$(OTHER)',
      '"secretName":"db"',
      '"name":"db","key":"user"',
      '--port=80',
      'exec web --listen :80',
      '@db:5432/app',
    ]) {
      expect(text).toContain(kept);
    }
  });

  it('masks ConfigMap values by key name and by what their text says', () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: {
        'admin.password': CANARY,
        'app.properties': `db.host=db\ndb.password = ${CANARY} and more\nport=1`,
        'app.yaml': `db:\n  host: db\n  password: |\n    ${CANARY}\n  port: 5432\nlist: {password: "${CANARY}", a: 1}`,
        'app.json': `{"password": "${CANARY}", "port": 1}`,
        'app.xml': `<a><password>${CANARY}</password><port>1</port></a>`,
        key: `-----BEGIN RSA PRIVATE KEY-----\n${CANARY}\n-----END RSA PRIVATE KEY-----`,
      },
    };
    const text = shown(map);
    expect(text).not.toContain(CANARY);
    for (const kept of [
      'db.host=db',
      'host: db',
      'port: 5432',
      '\\"port\\": 1',
      '<port>1</port>',
    ]) {
      expect(text).toContain(kept);
    }
  });

  it('masks fields of a custom resource by name, but not references', () => {
    const custom = {
      apiVersion: 'db.example.com/v1',
      kind: 'Database',
      metadata: { name: 'main' },
      spec: {
        adminPassword: CANARY,
        credentialsSecretName: 'db',
        size: '1Gi',
        values: `a: 1\npassword: ${CANARY}`,
      },
    };
    const text = shown(custom);
    expect(text).not.toContain(CANARY);
    expect(text).toContain('"credentialsSecretName":"db"');
    expect(text).toContain('1Gi');
  });

  it('hides everything named when a pattern of the policy is not a regular expression', () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { a: CANARY },
    };
    expect(JSON.stringify(redactObject(map, { keyPatterns: ['('] }))).not.toContain(CANARY);
  });

  it('leaves its argument as it was', () => {
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { k: encoded },
    };
    redactObject(secret, rules);
    expect(secret.data).toEqual({ k: encoded });
  });
});

describe('redactPair', () => {
  it('tells which hidden values differ without showing them', () => {
    const secret = (data: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data,
    });
    const pair = redactPair(
      secret({ same: encoded, other: encoded }),
      secret({ same: encoded, other: Buffer.from(`${CANARY.slice(1)}X`).toString('base64') }),
      rules,
    );
    expect(pair.before?.data).toEqual({
      same: '<redacted: 15 bytes>',
      other: '<redacted: 15 bytes>',
    });
    expect(pair.after?.data).toEqual({
      same: '<redacted: 15 bytes>',
      other: '<redacted: 15 bytes, changed>',
    });
  });
});

describe('redactArgs', () => {
  it.each([
    [
      'a manifest object',
      {
        manifest: {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'a' },
          stringData: { k: CANARY },
        },
      },
    ],
    [
      'a YAML manifest',
      {
        manifest: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  k: ${CANARY}\n`,
      },
    ],
    [
      'several documents',
      {
        manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n---\napiVersion: v1\nkind: Secret\ndata:\n  k: ${encoded}\n`,
      },
    ],
    ['an unreadable manifest', { manifest: `kind: Secret\nstringData: {k: ${CANARY}\n  - [` }],
    ['a merge patch', { kind: 'Secret', name: 'a', patch: { stringData: { k: CANARY } } }],
    ['a merge patch as text', { kind: 'secrets', name: 'a', patch: `{"data":{"k":"${encoded}"}}` }],
    ['a JSON patch', { kind: 'secret', patch: [{ op: 'add', path: '/data/k', value: encoded }] }],
    ['env as a map', { kind: 'Deployment', env: { DB_PASSWORD: CANARY } }],
    ['env whose name only sounds like a place', { env: { PASSWORD_FILE: CANARY } }],
    ['env as a list', { env: [{ name: 'DB_PASSWORD', value: CANARY }] }],
    ['env as words', { env: [`DB_PASSWORD=${CANARY}`] }],
    [
      'a patch of env',
      {
        patch: [
          { op: 'replace', path: '/spec/template/spec/containers/0/env/2/value', value: CANARY },
        ],
      },
    ],
    ['data of a new Secret', { kind: 'Secret', name: 'a', data: { k: CANARY } }],
  ])('hides %s', (_, args) => {
    const text = JSON.stringify(redactArgs(args));
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(encoded);
    expect(text).toContain('redacted');
  });

  it('keeps what tells the story of a call', () => {
    const args = {
      transaction: 'txn-7',
      kind: 'Deployment',
      name: 'catalog',
      namespace: 'shop',
      env: { LOG_LEVEL: 'debug' },
      replicas: 3,
      reason: 'the image tag is wrong',
      patch: '{"spec":{"replicas":3}}',
    };
    expect(redactArgs(args)).toEqual(args);
  });
});

describe('redactText', () => {
  it('masks credentials in a log line and leaves the rest', () => {
    const line = `2026-01-01 GET /x?token=${CANARY} 200 level=info password: ${CANARY}, user=bob`;
    const text = redactText(line, rules);
    expect(text).not.toContain(CANARY);
    expect(text).toContain('GET /x?');
    expect(text).toContain('level=info');
    expect(text).toContain('user=bob');
  });
});
