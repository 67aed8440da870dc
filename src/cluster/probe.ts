import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { at, stringOf } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { answered, unintelligible } from './failures.ts';
import { chooseContext } from './kubeconfig.ts';
import { type LocationOptions, locateKubeconfig } from './kubeconfig-location.ts';
import { jsonIn } from './status.ts';
import { read } from './transport.ts';
import type { CallOptions } from './types.ts';
import { wireOf } from './wire.ts';

/** Where a cluster is configured, and as whom. No secret is in it. */
export interface ClusterSource {
  /** Files, or the pod's ServiceAccount. */
  readonly where: string;
  readonly context: string;
  readonly server: string;
  readonly namespace: string;
  readonly user: string;
  /** The server's certificate is not checked. */
  readonly insecure: boolean;
  readonly plugin?: { readonly command: string; readonly found: boolean };
}

/** @throws StratusError cluster_not_configured. */
export async function describeSource(
  options: LocationOptions & { readonly context?: string | undefined },
): Promise<ClusterSource> {
  const location = locateKubeconfig(options);
  const { name, server, namespace, cluster, user } = await chooseContext(options);
  return {
    where: location.kind === 'files' ? location.paths.join(', ') : "the pod's ServiceAccount",
    context: name,
    server,
    namespace,
    user: user.name,
    insecure: cluster.skipTlsVerify,
    ...(user.exec === undefined
      ? {}
      : {
          plugin: {
            command: user.exec.command,
            found: isProgram(user.exec.command, options.env.PATH ?? ''),
          },
        }),
  };
}

function isProgram(command: string, path: string): boolean {
  const places = command.includes('/')
    ? [command]
    : path.split(delimiter).map((folder) => join(folder, command));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface ClusterProbe {
  readonly gitVersion: string;
  /** The first request, with connection and credentials; and one more on the same connection. */
  readonly firstMs: number;
  readonly nextMs: number;
  /** Its wall clock minus ours, ms, to a second or so; absent when it tells no time. */
  readonly skewMs?: number;
}

/** Asks for the version, twice. @throws StratusError cluster_unreachable, unauthenticated and others. */
export async function probeCluster(
  connection: ClusterConnection,
  options?: CallOptions,
): Promise<ClusterProbe> {
  const { clock } = wireOf(connection);
  const timed = async () => {
    const [wall, started] = [clock.now(), clock.monotonic()];
    const answer = await answered(
      connection,
      read(connection, '/version', 'application/json', options),
    );
    return { answer, ms: clock.monotonic() - started, wall };
  };
  const first = await timed();
  const { answer, ms, wall } = await timed();
  const gitVersion = stringOf(at(jsonIn(answer.bytes), 'gitVersion'));
  if (gitVersion === undefined) throw unintelligible(connection, "Kubernetes' version");
  // The header has whole seconds, cut off: on average it is half a second behind.
  const date = Date.parse(answer.headers.date ?? '') + 500;
  return {
    gitVersion,
    firstMs: Math.round(first.ms),
    nextMs: Math.round(ms),
    ...(Number.isNaN(date) ? {} : { skewMs: Math.round(date - (wall + ms / 2)) }),
  };
}
