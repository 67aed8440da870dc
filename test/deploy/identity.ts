import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { at, stringOf } from '../../src/core/json.ts';
import { kubeconfigText } from '../cluster/identities.ts';
import { type AuditEvent, type ControlPlaneClient, readAuditLog } from '../cluster/index.ts';

export const ACCOUNT = 'system:serviceaccount:stratus-mcp:stratus-mcp';

/** Flags for an API server that logs all that our account asks, reads too, and nothing else. */
export function auditingFlags(): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'stratus-audit-')), 'policy.yaml');
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata', users: [ACCOUNT] }, { level: 'None' }],
  };
  writeFileSync(file, stringify(policy));
  return [`--audit-policy-file=${file}`];
}

/** A kubeconfig for the ServiceAccount of deploy/observe.yaml, with a token of the TokenRequest API. */
export async function accountKubeconfig(
  cluster: ControlPlaneClient,
  namespace: string,
): Promise<string> {
  const path = '/api/v1/namespaces/stratus-mcp/serviceaccounts/stratus-mcp/token';
  const { json } = await cluster.request('POST', path, { spec: { expirationSeconds: 3600 } });
  const token = stringOf(at(json, 'status', 'token')) ?? '';
  const { server, caPem } = cluster;
  const file = join(cluster.folder, `account-${randomBytes(4).toString('hex')}`);
  const text = kubeconfigText({ server, caPem, user: 'stratus-mcp', token, namespace });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** May our account do that? Asked as an administrator, by a SubjectAccessReview. */
export async function allowed(
  cluster: ControlPlaneClient,
  attributes: Readonly<Record<string, string>>,
): Promise<boolean> {
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:stratus-mcp'];
  const spec = {
    user: ACCOUNT,
    groups: [...groups, 'system:authenticated'],
    resourceAttributes: attributes,
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const { json } = await cluster.request('POST', path, { spec });
  return at(json, 'status', 'allowed') === true;
}

/** What our account did, as the grants are written: `get apps/deployments`. */
export function usedGrants(cluster: { readonly auditLogPath: string }): Set<string> {
  const events = readAuditLog(cluster).filter(({ user }) => user === ACCOUNT);
  return new Set(events.filter(({ resource }) => resource !== '').map(grantOf));
}

function grantOf({ raw, verb, resource, subresource }: AuditEvent): string {
  const group = stringOf(at(raw, 'objectRef', 'apiGroup')) ?? '';
  return `${verb} ${group}/${resource}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** What our account was refused for want of a permission. */
export function forbidden(cluster: { readonly auditLogPath: string }): string[] {
  const refused = readAuditLog(cluster).filter(
    ({ user, code, raw }) =>
      user === ACCOUNT &&
      code === 403 &&
      at(raw, 'annotations', 'authorization.k8s.io/decision') === 'forbid',
  );
  return refused.map(grantOf);
}
