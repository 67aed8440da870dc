import { type ClusterConnection, connectCluster } from '../../cluster/connect.ts';
import { type ClusterProbe, describeSource, probeCluster } from '../../cluster/probe.ts';
import { createReader } from '../../cluster/reader.ts';
import type { ClusterReader } from '../../cluster/types.ts';
import type { Config } from '../../core/config.ts';
import { toStratusError } from '../../core/errors.ts';
import { plainLine } from '../../core/plain-text.ts';
import { type Check, fail, failed, ok, warn } from './check.ts';

/** The minor version of Kubernetes that the tests' control plane runs, and how far others may be. */
export const TESTED_MINOR = 36;
const TESTED_SPAN = 3;

const SKEW_MS = 2_000;
/** The Date header has whole seconds. */
const SKEW_STEP_MS = 1_000;
const SLOW_MS = 1_000;

export interface ClusterFindings {
  readonly checks: readonly Check[];
  /** Present when the API server answered. */
  readonly reader?: ClusterReader;
  close(): Promise<void>;
}

const closed = async () => {};

/** Kubeconfig, reachability, version, clock and identity. Reads only. */
export async function clusterChecks(
  config: Config,
  env: NodeJS.ProcessEnv,
): Promise<ClusterFindings> {
  const checks: Check[] = [];
  let connection: ClusterConnection;
  try {
    checks.push(...(await sourceChecks(config, env)));
    connection = await connectCluster({ ...config, env });
  } catch (thrown) {
    return { checks: [...checks, failed('kubeconfig', thrown)], close: closed };
  }
  const close = () => connection.close();
  try {
    const probe = await probeCluster(connection);
    checks.push(reachCheck(connection, probe), versionCheck(probe), clockCheck(probe));
  } catch (thrown) {
    return { checks: [...checks, failed('api server', thrown)], close };
  }
  const reader = createReader(connection);
  try {
    const { username, groups } = await reader.whoAmI();
    checks.push(ok('identity', plainLine(`${username} (${groups.join(', ')})`)));
  } catch (thrown) {
    checks.push(failed('identity', thrown));
    // Without an identity every permission is a no.
    if (toStratusError(thrown).code === 'unauthenticated') return { checks, close };
  }
  return { checks, reader, close };
}

async function sourceChecks(config: Config, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const { where, context, server, namespace, user, plugin, insecure } = await describeSource({
    ...config,
    env,
  });
  const found = `${where}: context ${context}, user ${user}, namespace ${namespace}, server ${server}`;
  const checks = [ok('kubeconfig', plainLine(found))];
  if (plugin !== undefined) {
    const name = plainLine(plugin.command);
    checks.push(
      plugin.found
        ? ok('exec plugin', `${name} is there`)
        : fail(
            'exec plugin',
            `${name} is not found`,
            'Install it, or put its folder into PATH of the server too.',
          ),
    );
  }
  if (insecure) {
    const next =
      'Name the certificate authority in the kubeconfig: who sits in between could read and change everything.';
    checks.push(warn('tls', "the API server's certificate is not checked", next));
  }
  return checks;
}

function reachCheck({ server }: ClusterConnection, { firstMs, nextMs }: ClusterProbe): Check {
  const found = `${server} answers in ${nextMs} ms (the first time in ${firstMs} ms)`;
  if (nextMs <= SLOW_MS) return ok('api server', found);
  return warn(
    'api server',
    found,
    'It is slow: calls take as long, and the severity gate takes many of them.',
  );
}

function versionCheck({ gitVersion }: ClusterProbe): Check {
  const minor = Number(/^v1\.(\d+)\b/.exec(gitVersion)?.[1]);
  const found = plainLine(`Kubernetes ${gitVersion}`);
  if (Math.abs(minor - TESTED_MINOR) <= TESTED_SPAN) return ok('version', found);
  const next = `It was tested with 1.${TESTED_MINOR}; try it on a cluster that matters less first.`;
  return warn('version', found, next);
}

function clockCheck({ skewMs }: ClusterProbe): Check {
  if (skewMs === undefined) {
    return warn(
      'clock',
      'the API server tells no time',
      'Nothing to do, unless a proxy in between takes the Date header out.',
    );
  }
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  if (Math.abs(skewMs) <= SKEW_MS + SKEW_STEP_MS / 2) {
    return ok('clock', `within ${SKEW_MS / 1000} s of the API server's`);
  }
  const found = `${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} the API server's`;
  return warn(
    'clock',
    found,
    'Synchronise both (NTP): ages of pods and events are judged by them.',
  );
}
