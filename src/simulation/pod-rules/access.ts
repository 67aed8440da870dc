import type { CommandSite, Effect } from './command.ts';
import type { AccessRequest } from './world.ts';

/**
 * `kubectl auth can-i VERB RESOURCE` and `kubectl get RESOURCE` inside a
 * container: allowed when the pod's ServiceAccount may. Other forms of kubectl
 * are refused, so that no script passes on a command that did nothing.
 */
export function kubectl(args: readonly string[], site: CommandSite): Effect {
  const request = parseRequest(args, site);
  if (request === undefined) {
    return { code: 1, lines: ['error: the simulated kubectl only knows get and auth can-i'] };
  }
  const allowed = site.world.accessAllowed(request);
  if (allowed === undefined) return { again: true };
  const asks = args[0] === 'auth';
  if (allowed) return asks ? { lines: ['yes'] } : {};
  return { code: 1, lines: [asks ? 'no' : forbidden(request)] };
}

function parseRequest(args: readonly string[], site: CommandSite): AccessRequest | undefined {
  const words: string[] = [];
  let namespace = site.namespace;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    const flag = /^(?:-n|--namespace)(?:=(.*))?$/.exec(word);
    if (flag === null) {
      if (!word.startsWith('-')) words.push(word);
      continue;
    }
    namespace = flag[1] ?? args[at + 1] ?? namespace;
    if (flag[1] === undefined) at += 1;
  }
  const user = `system:serviceaccount:${site.namespace}:${site.serviceAccount}`;
  const [first, second, third, fourth] = words;
  if (first === 'get' && second !== undefined) {
    const verb = third === undefined && !second.includes('/') ? 'list' : 'get';
    return { user, namespace, verb, ...resourceOf(second) };
  }
  if (first !== 'auth' || second !== 'can-i' || third === undefined || fourth === undefined) {
    return undefined;
  }
  return { user, namespace, verb: third, ...resourceOf(fourth) };
}

/** `deployments.apps/web` as resource and API group. */
function resourceOf(text: string): { readonly resource: string; readonly group: string } {
  const [name = ''] = text.split('/');
  const dot = name.indexOf('.');
  const [resource, group] = dot === -1 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)];
  return { resource: resource.endsWith('s') ? resource : `${resource}s`, group };
}

function forbidden({ user, verb, resource, group, namespace }: AccessRequest): string {
  return (
    `Error from server (Forbidden): ${resource} is forbidden: User "${user}" cannot ${verb} ` +
    `resource "${resource}" in API group "${group}" in the namespace "${namespace}"`
  );
}
