import type { ClusterReader } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { plainLine } from '../../core/plain-text.ts';
import type { LeaseName } from '../../core/settings.ts';
import { type LeaseRecord, recordOf } from '../../transaction/lease-record.ts';
import { type Check, fail, failed, ok, warn } from './check.ts';

const AREA = 'lease';
const GROUP = 'coordination.k8s.io';
const INSTALL =
  'kubectl apply -f deploy/lease.yaml makes the Lease and grants get and update of it.';

/** Whether this identity can hold the Lease that keeps writers of other machines out, and who does. Reads only. */
export async function leaseChecks(
  reader: ClusterReader,
  lease: LeaseName | 'off',
  writes: boolean,
): Promise<Check[]> {
  if (!writes) return [ok(AREA, 'nothing is written, so none is needed')];
  if (lease === 'off') {
    const next =
      'Name one with --lease, the same for all servers, unless this is the only machine.';
    return [warn(AREA, 'off: writers of other machines are not kept out', next)];
  }
  const label = `${lease.namespace}/${lease.name}`;
  try {
    const resource = (await reader.resources()).resolveKind(`${GROUP}/v1`, 'Lease');
    const can = async (verb: string) => {
      const query = { verb, group: GROUP, resource: 'leases', ...lease };
      return (await reader.can(query)).allowed;
    };
    const refused = [];
    for (const verb of ['get', 'update']) if (!(await can(verb))) refused.push(verb);
    if (refused.length > 0) {
      const found = `may not ${refused.join(' and ')} ${label}: nothing can be changed`;
      return [fail(AREA, found, INSTALL)];
    }
    const live = await reader.get({ resource, ...lease });
    if (live !== undefined) return [stateOf(label, recordOf(live))];
    if (await can('create'))
      return [ok(AREA, `${label} is not there yet; the first writer makes it`)];
    const found = `${label} is not there, and this identity may not create it: nothing can be changed`;
    return [fail(AREA, found, INSTALL)];
  } catch (thrown) {
    if (thrown instanceof StratusError && thrown.code === 'forbidden') {
      return [fail(AREA, `${label} can't be read`, INSTALL)];
    }
    return [failed(AREA, thrown)];
  }
}

function stateOf(label: string, { holder, open, epoch, renewed }: LeaseRecord): Check {
  const who =
    holder === undefined
      ? 'held by nobody'
      : `held by ${holder.host}${holder.pid === undefined ? '' : `, process ${holder.pid}`}, renewed ${renewed ?? 'never'}`;
  const found = plainLine(`${label} is ${who}; epoch ${epoch}`);
  if (open === undefined) return ok(AREA, found);
  const left = plainLine(`${open.transaction} of journal ${open.journal} on ${open.host}`);
  if (holder !== undefined) return ok(AREA, `${found}; ${left} is open`);
  const next =
    'Start a server with that journal, or run stratus-mcp transactions recover there: it takes it back. If that host is gone for good: stratus-mcp lease break --note "…".';
  return warn(AREA, `${found}; ${left} is not finished, so nobody else may write`, next);
}
