import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TESTED_MINOR } from '../../src/cli/doctor/cluster.ts';
import { kubeconfigAs } from '../cluster/impersonate.ts';
import { at, readAuditLog, useCluster } from '../cluster/index.ts';
import { temporaryFolder } from '../server/support.ts';
import { doctor } from './doctor-run.ts';

const cluster = useCluster();

test('an administrator: nothing to say against it, and nothing is written', async () => {
  const user = `doctor-${randomBytes(4).toString('hex')}`;
  const folder = temporaryFolder();
  const found = await doctor(folder, { KUBECONFIG: kubeconfigAs(cluster, user, folder) });
  expect(found.healthy).toBe(true);
  for (const area of ['kubeconfig', 'api server', 'version', 'clock', 'identity', 'observe']) {
    expect(found.of(area), area).toMatch(/^ok: /);
  }
  for (const area of ['mitigate', 'nodes', 'drain', 'transactions']) {
    expect(found.of(area), area).toMatch(/^ok: /);
  }
  expect(found.of('version')).toContain(`v1.${TESTED_MINOR}.`);
  expect(found.of('identity')).toContain(`${user} (system:masters`);
  const said = readAuditLog(cluster).filter(
    ({ raw }) => at(raw, 'impersonatedUser', 'username') === user,
  );
  expect(said).not.toEqual([]);
  expect(said.filter(({ resource }) => !resource.startsWith('selfsubject'))).toEqual([]);
});

test('a reader sees; what it may not change is told', async () => {
  const found = await doctor(temporaryFolder(), { KUBECONFIG: cluster.kubeconfig('reader') });
  expect(found.of('observe')).toMatch(/^ok: /);
  expect(found.of('mitigate')).toMatch(/^warn: in namespace default not at all: workloads/);
  expect(found.of('drain')).toMatch(/^warn: not: create of pods\/eviction/);
  expect(found.of('lease')).toMatch(/^fail: may not update .*kubectl apply -f deploy\/lease.yaml/);
  expect(found.checks.filter(({ status }) => status === 'fail')).toHaveLength(1);
});

test('Roles that may be changed, but not put back', async () => {
  const namespace = await cluster.namespace('doctor');
  const RBAC = 'rbac.authorization.k8s.io';
  const metadata = { name: 'edits-roles', namespace };
  await cluster.apply([
    {
      ...{ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata },
      rules: [{ apiGroups: [RBAC], resources: ['roles'], verbs: ['patch', 'update'] }],
    },
    {
      ...{ apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'edits-roles' },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'reader' }],
    },
  ]);
  const variables = { KUBECONFIG: cluster.kubeconfig('reader') };
  const found = await doctor(temporaryFolder(), variables, namespace);
  expect(found.of('roles')).toMatch(/^warn: in namespace .* may change roles without escalate/);
  expect(found.of('lease')).toMatch(/^fail: may not update kube-system\/stratus-mcp/);
});

test('one team: changes in its namespace only', async () => {
  const namespace = await cluster.namespace('doctor');
  await cluster.allowMitigator(namespace);
  const kubeconfig = cluster.kubeconfig('mitigator', { namespace });
  const found = await doctor(temporaryFolder(), { KUBECONFIG: kubeconfig });
  expect(found.of('mitigate')).toContain(`workloads in namespace ${namespace} not: create`);
  expect(found.of('mitigate')).toContain('of statefulsets');
  const elsewhere = await doctor(temporaryFolder(), { KUBECONFIG: kubeconfig }, 'default');
  expect(elsewhere.of('mitigate')).toContain('in namespace default not at all: workloads');
});

test('nobody: severity can not be read, and that fails', async () => {
  const found = await doctor(temporaryFolder(), { KUBECONFIG: cluster.kubeconfig('nobody') });
  expect(found.of('observe')).toMatch(/^fail: in namespace default not: get, list, watch of pods/);
  expect(found.healthy).toBe(false);
});

test('a read-only policy needs no permission to write', async () => {
  const found = await doctor(temporaryFolder(), {
    KUBECONFIG: cluster.kubeconfig('reader'),
    STRATUS_POLICY: 'read-only',
  });
  expect(found.of('mitigate')).toMatch(/^ok: not offered/);
});

test('a shipped policy is fine on any cluster; a namespace with a slip in it is told', async () => {
  const found = await doctor(
    temporaryFolder(),
    { KUBECONFIG: cluster.kubeconfig(), STRATUS_POLICY: 'default' },
    'no-such-namespace',
  );
  expect(found.of('policy')).not.toContain('warn: ');
  expect(found.of('namespace')).toMatch(/^warn: there is no namespace no-such-namespace/);
});

test('policy: kinds and namespaces that this cluster does not have', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'policy.yaml');
  writeFileSync(
    file,
    `version: 1
name: elsewhere
protected:
  - { namespaces: [no-such-team-*, kube-system], reason: theirs }
rules:
  - { id: look, effect: allow, tools: [observe_*], kinds: [Pod, Deployment.apps, Kafka.example.com] }
`,
  );
  const found = await doctor(folder, { KUBECONFIG: cluster.kubeconfig(), STRATUS_POLICY: file });
  expect(found.of('policy')).toContain('protected/1: no-such-team-* matches no namespace');
  expect(found.of('policy')).toContain('no kind that Kafka.example.com matches');
  expect(found.of('policy').match(/warn: /g)).toHaveLength(2);
});
