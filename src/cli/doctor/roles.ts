import type { ClusterReader } from '../../cluster/types.ts';
import { type Check, ok, warn } from './check.ts';

const RBAC = 'rbac.authorization.k8s.io';
const AREA = 'roles';

/**
 * Whether a change of a Role could be taken back: the API server lets nobody write a Role that grants more than they
 * have, so putting back one that was weakened or deleted needs `escalate`, and a binding needs `bind`.
 */
export async function roleChecks(reader: ClusterReader, namespace: string): Promise<Check[]> {
  const can = async (verb: string, resource: string) =>
    (await reader.can({ verb, group: RBAC, resource, namespace })).allowed;
  const pairs = [
    ['roles', 'escalate'],
    ['rolebindings', 'bind'],
  ] as const;
  const risky: string[] = [];
  let writable = false;
  for (const [resource, verb] of pairs) {
    const verbs = await Promise.all(['patch', 'update', 'delete'].map((one) => can(one, resource)));
    if (!verbs.includes(true)) continue;
    writable = true;
    // Binding a Role takes `bind` on the Role.
    if (!(await can(verb, 'roles'))) risky.push(`${resource} without ${verb}`);
  }
  if (!writable) return [ok(AREA, `Roles and bindings of ${namespace} can't be changed`)];
  if (risky.length === 0) return [ok(AREA, `Roles and bindings of ${namespace}, and their undo`)];
  const found = `in namespace ${namespace} it may change ${risky.join(' and ')}: the undo is refused where it grants more than this identity has`;
  const next = `Better take the right to change them away. Or grant ${risky.length > 1 ? 'both verbs' : 'the verb'} on roles, which lets it grant itself anything.`;
  return [warn(AREA, found, next)];
}
