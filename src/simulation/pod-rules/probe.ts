import type { CommandSite } from './command.ts';
import type { Environment } from './environment.ts';
import type { Container, Probe } from './pod.ts';
import { compileCommand } from './program.ts';
import { advanceRun, type Listener, startRun } from './run.ts';

/** What a probe finds in the pod at this moment. */
export interface ProbeTarget {
  readonly podIp: string;
  /** Of all the pod's containers: they share one network. */
  readonly listeners: readonly Listener[];
  readonly container: Container;
  readonly environment: Environment;
  /** The application answers its readiness page with 503. */
  readonly unready: boolean;
  readonly site: CommandSite;
}

/** The kubelet's failure message, or undefined when the probe succeeds. */
export function probeFailure(probe: Probe, target: ProbeTarget): string | undefined {
  if (probe.httpGet !== undefined) return httpFailure(probe.httpGet, target);
  if (probe.tcpSocket !== undefined) {
    const port = resolvePort(probe.tcpSocket.port, target.container);
    if (port === undefined) return unknownPort(probe.tcpSocket.port);
    const host = probe.tcpSocket.host ?? target.podIp;
    return listenerAt(host, port, target) ? undefined : refusal(host, port);
  }
  if (probe.grpc !== undefined) {
    return `timeout: failed to connect service "${target.podIp}:${probe.grpc.port}" within 1s`;
  }
  if (probe.exec !== undefined) return execFailure(probe.exec.command ?? [], target);
  return 'missing probe handler';
}

function httpFailure(
  action: NonNullable<Probe['httpGet']>,
  target: ProbeTarget,
): string | undefined {
  const port = resolvePort(action.port, target.container);
  if (port === undefined) return unknownPort(action.port);
  const host = action.host ?? target.podIp;
  const path = action.path ?? '/';
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const url = `${scheme}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  const listener = listenerAt(host, port, target);
  if (listener === undefined) return `Get "${url}": ${refusal(host, port)}`;
  if (scheme === 'https') {
    return `Get "${url}": http: server gave HTTP response to HTTPS client`;
  }
  const page = new URL(url).pathname;
  if (!listener.paths.includes(page)) return 'HTTP probe failed with statuscode: 404';
  if (page === '/ready' && target.unready) return 'HTTP probe failed with statuscode: 503';
  return undefined;
}

function execFailure(command: readonly string[], target: ProbeTarget): string | undefined {
  const compiled = compileCommand(command);
  if (!compiled.ok) return compiled.message;
  const run = { ...startRun(compiled.program, target.environment), listeners: target.listeners };
  const { exitCode, lines } = advanceRun(run, target.site);
  if (exitCode === undefined) return `command timed out: "${command.join(' ')}" timed out after 1s`;
  // As the command wrote it, its last line break included.
  return exitCode === 0 ? undefined : lines.map((line) => `${line}\n`).join('');
}

function resolvePort(port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((one) => one.name === port);
  if (named !== undefined) return named.containerPort;
  return /^\d+$/.test(port) ? Number(port) : undefined;
}

function listenerAt(host: string, port: number, target: ProbeTarget): Listener | undefined {
  if (host !== target.podIp && host !== '127.0.0.1' && host !== 'localhost') return undefined;
  return target.listeners.find((one) => one.port === port && one.openAt <= target.site.now);
}

function refusal(host: string, port: number): string {
  return `dial tcp ${host}:${port}: connect: connection refused`;
}

function unknownPort(port: number | string): string {
  return `strconv.Atoi: parsing "${port}": invalid syntax`;
}
