import { at, objectsOf } from '../../../src/core/json.ts';
import { type AuditEvent, readAuditLog } from '../../cluster/audit-log.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import type { World } from './world.ts';

/** What the campaign's policy opens, said a second time and by other means than the policy's own code. */
const OPEN_RESOURCES = ['configmaps', 'secrets', 'services', 'deployments'];

/** Real writes in the name of `user` that the policy did not open, by the API server's own account. */
export async function writesOutside(
  cluster: ControlPlaneClient,
  { open }: World,
  user: string,
): Promise<{ seen: number; outside: string[] }> {
  const ours = readAuditLog(cluster, user).filter(
    (event) => at(event.raw, 'impersonatedUser', 'username') === user && !isRehearsal(event),
  );
  const outside = ours
    .filter(({ code, resource }) => code < 300 && resource !== 'leases')
    .filter(
      ({ namespace, resource, name }) =>
        namespace !== open || !OPEN_RESOURCES.includes(resource) || name === 'frozen',
    );
  const told = await Promise.all(
    outside.map(async (event) => ((await stayed(cluster, event)) ? [] : [event])),
  );
  return {
    seen: ours.length,
    outside: told.flat().map(({ verb, requestUri, code }) => `${verb} ${requestUri} → ${code}`),
  };
}

/** A dry run of a delete looks like a delete in the log, because only its body says so: what it named is still there. */
async function stayed(
  cluster: ControlPlaneClient,
  { verb, requestUri, receivedAt }: AuditEvent,
): Promise<boolean> {
  if (verb !== 'delete') return false;
  const path = requestUri.split('?', 1)[0] ?? '';
  const { status, json } = await cluster.request('GET', path, undefined, { allow: [404] });
  const born = String(at(json, 'metadata', 'creationTimestamp'));
  const dying = at(json, 'metadata', 'deletionTimestamp') !== undefined;
  return status === 200 && !dying && Date.parse(born) <= Date.parse(receivedAt);
}

/** Asks without changing: dry runs and reviews. */
function isRehearsal({ requestUri, resource }: AuditEvent): boolean {
  return requestUri.includes('dryRun=All') || resource.endsWith('reviews');
}

/** uid and version of what is in the namespace that must stay as it is. */
export async function shutVersions(
  cluster: ControlPlaneClient,
  { shut }: World,
): Promise<string[]> {
  const core = ['configmaps', 'secrets', 'services', 'serviceaccounts'];
  const paths = [
    ...core.map((plural) => `/api/v1/namespaces/${shut}/${plural}`),
    `/apis/apps/v1/namespaces/${shut}/deployments`,
  ];
  const lists = await Promise.all(paths.map((path) => cluster.request('GET', path)));
  return lists.flatMap(({ json }, i) => {
    // A Deployment's controller writes its status; what is asked of it is its generation.
    const version = paths[i]?.endsWith('deployments') ? 'generation' : 'resourceVersion';
    return objectsOf(at(json, 'items')).map(({ metadata }) =>
      [paths[i], at(metadata, 'name'), at(metadata, 'uid'), at(metadata, version)].join(' '),
    );
  });
}
