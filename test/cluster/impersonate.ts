import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ControlPlaneClient } from './types.ts';

/**
 * A kubeconfig of an administrator whom the audit log can tell from everybody else (see `impersonatedUser`).
 * @param groups others than the administrators', such as none: of somebody who may do what is bound to him
 */
export function kubeconfigAs(
  cluster: ControlPlaneClient,
  user: string,
  folder: string,
  groups: readonly string[] = ['system:masters'],
): string {
  const config = parse(readFileSync(cluster.kubeconfig(), 'utf8')) as { users: { user: object }[] };
  for (const one of config.users) {
    one.user = { ...one.user, as: user, ...(groups.length > 0 && { 'as-groups': groups }) };
  }
  const path = join(folder, `${user}.yaml`);
  writeFileSync(path, stringify(config), { mode: 0o600 });
  return path;
}
