import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { StratusError } from '../core/errors.ts';

export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface LocationOptions {
  /** The --kubeconfig flag. */
  readonly kubeconfig?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where a pod finds its ServiceAccount. */
  readonly serviceAccountFolder?: string | undefined;
}

export type Location =
  /** In order of precedence: the first file that names something wins. */
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | {
      readonly kind: 'in-cluster';
      readonly server: string;
      readonly folder: string;
    };

/**
 * Where the cluster is configured, as kubectl looks for it: the flag, KUBECONFIG (a list, whose
 * missing files are passed over), ~/.kube/config, and inside a pod its ServiceAccount.
 * Never a default server.
 * @throws StratusError cluster_not_configured that names what was looked for.
 */
export function locateKubeconfig(options: LocationOptions): Location {
  const { kubeconfig, env } = options;
  if (kubeconfig) {
    if (!existsSync(kubeconfig)) throw notConfigured(`--kubeconfig names ${kubeconfig}, no file`);
    return { kind: 'files', paths: [kubeconfig] };
  }
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) {
    const paths = listed.filter((path) => existsSync(path));
    if (paths.length === 0) throw notConfigured(`KUBECONFIG names ${listed.join(', ')}, no file`);
    return { kind: 'files', paths };
  }
  const home = join(env.HOME ?? env.USERPROFILE ?? homedir(), '.kube', 'config');
  if (existsSync(home)) return { kind: 'files', paths: [home] };

  const folder = options.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER;
  const host = env.KUBERNETES_SERVICE_HOST;
  if (host && existsSync(join(folder, 'token'))) {
    const port = env.KUBERNETES_SERVICE_PORT ?? '443';
    return {
      kind: 'in-cluster',
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      folder,
    };
  }
  throw notConfigured(
    `no --kubeconfig, KUBECONFIG is not set, there is no ${home}, and this is not a pod with a ServiceAccount`,
  );
}

function notConfigured(looked: string): StratusError {
  return new StratusError('cluster_not_configured', `No cluster is configured: ${looked}.`);
}
