import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BUILT_IN_POLICIES, loadPolicy, policyPath } from '../../src/policy/load.ts';
import { policyJsonSchema } from '../../src/policy/schema.ts';
import type { Effect, WriteQuestion } from '../../src/policy/types.ts';
import { read, write } from './make.ts';

const schemaFile = new URL('../../policies/policy.schema.json', import.meta.url);

describe.each(BUILT_IN_POLICIES)('%s', (name) => {
  test('loads under its own name', () => {
    expect(loadPolicy(name).name).toBe(name);
  });

  test('tells editors its schema', () => {
    expect(readFileSync(policyPath(name), 'utf8').split('\n')[0]).toBe(
      '# yaml-language-server: $schema=./policy.schema.json',
    );
  });

  test('is valid by the published JSON Schema', () => {
    const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(
      JSON.parse(readFileSync(schemaFile, 'utf8')),
    );
    const content = parse(readFileSync(policyPath(name), 'utf8'));
    expect(validate(content), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...content, extra: 1 })).toBe(false);
  });
});

test('the published JSON Schema is the one of the code', () => {
  // Rewrite it with: stratus-mcp policy schema > policies/policy.schema.json
  expect(readFileSync(schemaFile, 'utf8')).toBe(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
});

const TEMPLATE = 'spec.template.spec';
const IMAGE = `${TEMPLATE}.containers[name=web].image`;
const core = (kind: string): Partial<WriteQuestion> => ({ group: '', kind });
const remove = { tool: 'mitigate_delete', verb: 'delete', changedPaths: [] } as const;
const cluster = { namespace: undefined };
const node = { tool: 'mitigate_node', ...core('Node') };

type Row = [string, Parameters<typeof write>[0], Effect, Effect];

/** What a reader expects of `default` and of `autonomous`; `read-only` refuses all of it. */
const WRITES: Row[] = [
  ['scale', { tool: 'mitigate_scale' }, 'allow', 'allow'],
  [
    'a scale that changes the image',
    { tool: 'mitigate_scale', changedPaths: ['spec.replicas', IMAGE] },
    'refuse',
    'refuse',
  ],
  ['set image', { tool: 'mitigate_set_container', changedPaths: [IMAGE] }, 'allow', 'allow'],
  [
    'set env',
    {
      tool: 'mitigate_set_container',
      changedPaths: [`${TEMPLATE}.containers[name=web].env[name=A].value`],
    },
    'allow',
    'allow',
  ],
  [
    'restart',
    {
      tool: 'mitigate_rollout',
      changedPaths: ['spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]'],
    },
    'allow',
    'allow',
  ],
  [
    'rollout undo',
    { tool: 'mitigate_rollout', changedPaths: [IMAGE, 'spec.template.metadata.labels.v'] },
    'allow',
    'allow',
  ],
  [
    'label a pod',
    { tool: 'mitigate_set_metadata', ...core('Pod'), changedPaths: ['metadata.labels.app'] },
    'allow',
    'allow',
  ],
  [
    'annotate',
    { tool: 'mitigate_set_metadata', changedPaths: ['metadata.annotations["example.com/a"]'] },
    'allow',
    'allow',
  ],
  ...['resources.limits.memory', 'readinessProbe.httpGet.port', 'image'].map(
    (field): Row => [
      `set ${field} of an init container`,
      {
        tool: 'mitigate_set_container',
        changedPaths: [`${TEMPLATE}.initContainers[name=web].${field}`],
      },
      'allow',
      'allow',
    ],
  ),
  [
    'set up a container of a CronJob',
    {
      tool: 'mitigate_set_container',
      group: 'batch',
      kind: 'CronJob',
      changedPaths: ['env[name=A].value', 'livenessProbe'].map(
        (field) => `spec.jobTemplate.${TEMPLATE}.containers[name=web].${field}`,
      ),
    },
    'allow',
    'allow',
  ],
  [
    'an image that comes with more privileges',
    {
      tool: 'mitigate_set_container',
      changedPaths: [IMAGE, `${TEMPLATE}.containers[name=web].securityContext.privileged`],
    },
    'ask',
    'refuse',
  ],
  [
    'a probe of a host of its own choice',
    {
      tool: 'mitigate_set_container',
      changedPaths: [
        `${TEMPLATE}.containers[name=web].readinessProbe.httpGet.path`,
        `${TEMPLATE}.containers[name=web].readinessProbe.httpGet.host`,
      ],
    },
    'ask',
    'refuse',
  ],
  ['pause', { tool: 'mitigate_rollout', changedPaths: ['spec.paused'] }, 'allow', 'allow'],
  [
    'suspend a CronJob',
    { tool: 'mitigate_rollout', group: 'batch', kind: 'CronJob', changedPaths: ['spec.suspend'] },
    'allow',
    'allow',
  ],
  [
    'suspend a Job',
    { tool: 'mitigate_rollout', group: 'batch', kind: 'Job', changedPaths: ['spec.suspend'] },
    'ask',
    'refuse',
  ],
  [
    'bounds of an autoscaler',
    {
      tool: 'mitigate_scale',
      group: 'autoscaling',
      kind: 'HorizontalPodAutoscaler',
      changedPaths: ['spec.minReplicas', 'spec.maxReplicas'],
    },
    'allow',
    'allow',
  ],
  [
    'selector and ports of a Service',
    {
      tool: 'mitigate_set_service',
      ...core('Service'),
      changedPaths: ['spec.selector.app', 'spec.ports[port=80].targetPort'],
    },
    'allow',
    'allow',
  ],
  [
    'patch a probe',
    { changedPaths: [`${TEMPLATE}.containers[name=web].readinessProbe.httpGet.port`] },
    'allow',
    'allow',
  ],
  [
    'patch a Service',
    { ...core('Service'), changedPaths: ['spec.selector.app'] },
    'allow',
    'allow',
  ],
  [
    'create a ConfigMap',
    {
      tool: 'mitigate_apply',
      verb: 'create',
      ...core('ConfigMap'),
      changedPaths: ['data.A', 'metadata.name'],
    },
    'allow',
    'allow',
  ],
  [
    'apply an Ingress',
    {
      tool: 'mitigate_apply',
      verb: 'apply',
      group: 'networking.k8s.io',
      kind: 'Ingress',
      changedPaths: ['spec.rules'],
    },
    'allow',
    'allow',
  ],
  ['delete a Deployment', remove, 'ask', 'allow'],
  ['delete a Service', { ...remove, ...core('Service') }, 'ask', 'allow'],
  ['delete a Pod', { ...remove, ...core('Pod') }, 'ask', 'allow'],
  ['delete a Job', { ...remove, group: 'batch', kind: 'Job' }, 'ask', 'refuse'],
  ['delete a quota', { ...remove, ...core('ResourceQuota') }, 'ask', 'allow'],
  ['delete a claim', { ...remove, ...core('PersistentVolumeClaim') }, 'refuse', 'refuse'],
  [
    'run a Job',
    {
      tool: 'mitigate_apply',
      verb: 'create',
      group: 'batch',
      kind: 'Job',
      changedPaths: ['spec.template'],
    },
    'ask',
    'refuse',
  ],
  ['patch a Secret', { ...core('Secret'), changedPaths: ['data.password'] }, 'ask', 'refuse'],
  [
    'label a Secret',
    { tool: 'mitigate_set_metadata', ...core('Secret'), changedPaths: ['metadata.labels.a'] },
    'ask',
    'refuse',
  ],
  [
    'a privileged container',
    { changedPaths: [`${TEMPLATE}.containers[name=web].securityContext.privileged`] },
    'ask',
    'refuse',
  ],
  [
    'a new container as a whole',
    { changedPaths: [`${TEMPLATE}.containers[name=new]`] },
    'ask',
    'refuse',
  ],
  [
    'a Service that leads out of the cluster',
    { ...core('Service'), changedPaths: ['spec.externalIPs'] },
    'ask',
    'refuse',
  ],
  [
    'a privileged init container of a CronJob',
    {
      group: 'batch',
      kind: 'CronJob',
      changedPaths: [
        'spec.jobTemplate.spec.template.spec.initContainers[name=a].securityContext.privileged',
      ],
    },
    'ask',
    'refuse',
  ],
  ['another ServiceAccount', { changedPaths: [`${TEMPLATE}.serviceAccountName`] }, 'ask', 'refuse'],
  [
    'a container that must not run as root',
    { changedPaths: [`${TEMPLATE}.containers[name=web].securityContext.runAsNonRoot`] },
    'allow',
    'allow',
  ],
  ['strip a finalizer', { changedPaths: ['metadata.finalizers'] }, 'refuse', 'refuse'],
  [
    'steal an object from Helm',
    {
      tool: 'mitigate_set_metadata',
      changedPaths: ['metadata.annotations["meta.helm.sh/release-name"]'],
    },
    'refuse',
    'refuse',
  ],
  [
    'cordon a Node by a patch',
    { ...core('Node'), ...cluster, changedPaths: ['spec.unschedulable'] },
    'ask',
    'refuse',
  ],
  ['cordon a Node', { ...node, ...cluster, changedPaths: ['spec.unschedulable'] }, 'ask', 'allow'],
  ['taint a Node', { ...node, ...cluster, changedPaths: ['spec.taints'] }, 'ask', 'refuse'],
  [
    'drain: the Node',
    { ...node, ...cluster, tool: 'mitigate_drain', changedPaths: ['spec.unschedulable'] },
    'ask',
    'refuse',
  ],
  [
    'drain: a pod',
    { ...core('Pod'), tool: 'mitigate_drain', verb: 'evict', changedPaths: [] },
    'ask',
    'refuse',
  ],
  [
    'label a Namespace',
    {
      tool: 'mitigate_set_metadata',
      ...core('Namespace'),
      ...cluster,
      name: 'shop',
      changedPaths: ['metadata.labels.a'],
    },
    'ask',
    'refuse',
  ],
  [
    'label the Namespace kube-system',
    {
      tool: 'mitigate_set_metadata',
      ...core('Namespace'),
      ...cluster,
      name: 'kube-system',
      changedPaths: ['metadata.labels.a'],
    },
    'refuse',
    'refuse',
  ],
  [
    'delete a Namespace',
    { ...remove, ...core('Namespace'), ...cluster, name: 'shop' },
    'refuse',
    'refuse',
  ],
  ['delete a Node', { ...remove, ...core('Node'), ...cluster }, 'refuse', 'refuse'],
  ['delete a volume', { ...remove, ...core('PersistentVolume'), ...cluster }, 'refuse', 'refuse'],
  [
    'a role binding',
    { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding', changedPaths: ['subjects'] },
    'refuse',
    'refuse',
  ],
  [
    'a webhook',
    {
      group: 'admissionregistration.k8s.io',
      kind: 'ValidatingWebhookConfiguration',
      ...cluster,
      changedPaths: ['webhooks'],
    },
    'refuse',
    'refuse',
  ],
  [
    'a CRD',
    { ...remove, group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', ...cluster },
    'refuse',
    'refuse',
  ],
  [
    'a custom resource',
    { group: 'example.com', kind: 'Widget', changedPaths: ['spec.size'] },
    'refuse',
    'refuse',
  ],
  [
    'scale in kube-system',
    { tool: 'mitigate_scale', namespace: 'kube-system' },
    'refuse',
    'refuse',
  ],
  [
    'scale in cert-manager',
    { tool: 'mitigate_scale', namespace: 'cert-manager' },
    'refuse',
    'refuse',
  ],
  [
    'scale stratus-mcp itself',
    { tool: 'mitigate_scale', namespace: 'stratus-mcp' },
    'refuse',
    'refuse',
  ],
  [
    'scale what somebody protected',
    { tool: 'mitigate_scale', labels: { 'stratus.dev/protected': 'true' } },
    'refuse',
    'refuse',
  ],
  [
    'a Lease',
    { group: 'coordination.k8s.io', kind: 'Lease', changedPaths: ['spec'] },
    'refuse',
    'refuse',
  ],
];

describe('decisions about writes', () => {
  const readOnly = loadPolicy('read-only');
  const byDefault = loadPolicy('default');
  const autonomous = loadPolicy('autonomous');
  test.each(WRITES)('%s', (_, question, expectedDefault, expectedAutonomous) => {
    const asked = write(question);
    expect(byDefault.decideWrite(asked)).toMatchObject({ effect: expectedDefault });
    expect(autonomous.decideWrite(asked)).toMatchObject({ effect: expectedAutonomous });
    expect(readOnly.decideWrite(asked)).toMatchObject({ effect: 'refuse', rule: 'default' });
  });
});

test.each(BUILT_IN_POLICIES)('%s lets look at everything, also at all namespaces', (name) => {
  const policy = loadPolicy(name);
  for (const question of [
    read(),
    read({ kind: 'Secret', namespace: 'kube-system', name: 'x' }),
    read({ kind: 'Node', namespaced: false }),
    { tool: 'observe_health' },
    { tool: 'audit_query' },
  ]) {
    expect(policy.decideRead(question).effect).toBe('allow');
  }
});

test('read-only offers no tool that writes, the others offer all', () => {
  const tools = ['mitigate_scale', 'mitigate_delete', 'transaction_begin', 'undo_last'];
  expect(tools.filter((tool) => loadPolicy('read-only').offers(tool))).toEqual([]);
  expect(tools.filter((tool) => loadPolicy('default').offers(tool))).toEqual(tools);
  expect(tools.filter((tool) => loadPolicy('autonomous').offers(tool))).toEqual(tools);
});

test('a batch is offered wherever something may be changed', () => {
  expect(BUILT_IN_POLICIES.filter((name) => loadPolicy(name).offers('mitigate_batch'))).toEqual(
    BUILT_IN_POLICIES.filter((name) => name !== 'read-only'),
  );
});

test('nobody is asked where nobody is', () => {
  const { rules } = parse(readFileSync(policyPath('autonomous'), 'utf8'));
  expect(rules.map((rule: { effect: Effect }) => rule.effect)).not.toContain('ask');
});

test('an unattended agent has the smaller risk window', () => {
  const wide = Object.entries(loadPolicy('default').bounds);
  const narrow: Record<string, number> = { ...loadPolicy('autonomous').bounds };
  for (const [bound, value] of wide) expect(narrow[bound], bound).toBeLessThan(value);
});
