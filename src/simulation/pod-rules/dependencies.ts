import type { Environment } from './environment.ts';
import { accepts, serviceOfHost, type World } from './world.ts';

/** A dependency that a container can't use, as its log says it. */
export interface DependencyProblem {
  readonly line: string;
  /** The application reports itself not ready because of it. */
  readonly unready: boolean;
}

/**
 * Checks a container's `X_ADDR` variables (host:port) against the Services, and
 * its `X_PASSWORD` against the one that the pods behind `X_ADDR` run with.
 */
export function dependencyProblems(
  environment: Environment,
  namespace: string,
  world: World,
): readonly DependencyProblem[] {
  const problems: DependencyProblem[] = [];
  for (const [variable, address] of Object.entries(environment)) {
    if (!variable.endsWith('_ADDR')) continue;
    const match = /^(?:https?:\/\/)?([^:/]+):(\d+)/.exec(address);
    const target = match === null ? undefined : serviceOfHost(match[1] ?? '', namespace);
    const service = target && world.service(target.namespace, target.name);
    const prefix = `GET http://${address}/ (${variable}):`;
    if (target === undefined || service === undefined) {
      problems.push({ line: `${prefix} bad address '${address}'`, unready: false });
      continue;
    }
    if (!accepts(service, Number(match?.[2]))) {
      problems.push({ line: `${prefix} connection refused`, unready: false });
    }
    const secret = variable.replace(/_ADDR$/, '_PASSWORD');
    const mine = environment[secret];
    if (mine === undefined) continue;
    const theirs = world.peerVariable(target.namespace, target.name, secret);
    if (theirs !== undefined && mine !== theirs) {
      problems.push({ line: `${prefix} authentication failed (${secret})`, unready: true });
    }
  }
  return problems;
}

/** Whether a change of Services or peers can change what a container does. */
export function hasDependencies(environment: Environment): boolean {
  return Object.keys(environment).some((name) => name.endsWith('_ADDR'));
}
