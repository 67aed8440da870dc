import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ControlPlaneClient } from './types.ts';

/** A kubeconfig of an administrator whom the audit log can tell from everybody else (see `impersonatedUser`). */
export function kubeconfigAs(cluster: ControlPlaneClient, user: string, folder: string): string {
  const config = parse(readFileSync(cluster.kubeconfig(), 'utf8')) as { users: { user: object }[] };
  for (const one of config.users) {
    one.user = { ...one.user, as: user, 'as-groups': ['system:masters'] };
  }
  const path = join(folder, `${user}.yaml`);
  writeFileSync(path, stringify(config), { mode: 0o600 });
  return path;
}
