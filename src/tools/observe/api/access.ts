import type { AccessQuery, ResourceInfo } from '../../../cluster/types.ts';
import { StratusError } from '../../../core/errors.ts';
import { shortText } from '../../render/untrusted.ts';
import type { ObserveContext } from '../../types.ts';

/** Resources for which the same verbs are allowed. */
export interface Allowed {
  readonly verbs: string;
  readonly resources: readonly string[];
}

export interface Access {
  readonly may: readonly Allowed[];
  readonly mayNot?: readonly string[];
  readonly notes: readonly string[];
}

/** Asked one by one where the server can't list an identity's rules: what the tool families need. */
const NEEDS: readonly Omit<AccessQuery, 'namespace'>[] = [
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'get', group: '', resource: 'pods', subresource: 'log' },
  { verb: 'list', group: '', resource: 'events' },
  { verb: 'list', group: '', resource: 'services' },
  { verb: 'list', group: '', resource: 'configmaps' },
  { verb: 'list', group: '', resource: 'nodes' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  { verb: 'patch', group: 'apps', resource: 'deployments' },
  { verb: 'patch', group: 'apps', resource: 'statefulsets' },
  { verb: 'patch', group: 'apps', resource: 'daemonsets' },
  { verb: 'patch', group: 'batch', resource: 'cronjobs' },
  { verb: 'patch', group: 'autoscaling', resource: 'horizontalpodautoscalers' },
  { verb: 'patch', group: '', resource: 'services' },
  { verb: 'patch', group: '', resource: 'configmaps' },
  { verb: 'create', group: '', resource: 'configmaps' },
  { verb: 'delete', group: 'apps', resource: 'deployments' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
  { verb: 'patch', group: '', resource: 'nodes' },
];

/** What this server's identity may do in the namespace, condensed. `matches` narrows the resources. */
export async function accessIn(
  context: ObserveContext,
  namespace: string,
  matches: (resource: string) => boolean,
): Promise<Access> {
  const { reader, signal } = context;
  try {
    const { rules, incomplete, error } = await reader.rules(namespace, { signal });
    const verbs = new Map<string, Set<string>>();
    for (const rule of rules) {
      for (const resource of rule.resources.flatMap((it) => qualified(it, rule.groups))) {
        const only = rule.names.length > 0 ? ` (only ${rule.names.slice(0, 5).join(', ')})` : '';
        const name = shortText(`${resource}${only}`, 200);
        const known = verbs.get(name) ?? new Set();
        verbs.set(name, known);
        for (const verb of rule.verbs) known.add(verb);
      }
    }
    const note = `The list of permissions is incomplete: there may be more than it says.${error ? ` ${shortText(error)}` : ''}`;
    return { may: condense(verbs, matches), notes: incomplete ? [note] : [] };
  } catch (error) {
    if (!(error instanceof StratusError) || !UNLISTED.includes(error.code)) throw error;
    return askEach(context, namespace, matches);
  }
}

const UNLISTED: readonly string[] = ['unknown_resource', 'forbidden', 'cluster_error'];

async function askEach(
  context: ObserveContext,
  namespace: string,
  matches: (resource: string) => boolean,
): Promise<Access> {
  const { reader, signal } = context;
  const answers = await Promise.all(
    NEEDS.map(async (need) => {
      const query = need.resource === 'nodes' ? need : { ...need, namespace };
      return { need, allowed: (await reader.can(query, { signal })).allowed };
    }),
  );
  const verbs = new Map<string, Set<string>>();
  const mayNot: string[] = [];
  for (const { need, allowed } of answers) {
    const name = nameOf(need.resource, need.group, need.subresource);
    if (!allowed && matches(name)) mayNot.push(`${need.verb} ${name}`);
    if (!allowed) continue;
    verbs.set(name, (verbs.get(name) ?? new Set()).add(need.verb));
  }
  const note =
    "The API server doesn't list permissions, so the ones that the tools use most were asked one by one.";
  return { may: condense(verbs, matches), mayNot, notes: [note] };
}

/** The verbs of one resource that this identity may use; undefined ones were not answered. */
export async function verbsOn(
  context: ObserveContext,
  resource: ResourceInfo,
  namespace: string | undefined,
): Promise<{ may: string[]; mayNot: string[] }> {
  const { reader, signal } = context;
  const { group, plural } = resource;
  const inside = resource.namespaced && namespace !== undefined ? { namespace } : {};
  const answers = await Promise.all(
    resource.verbs.map(async (verb) => ({
      verb,
      ...(await reader.can({ verb, group, resource: plural, ...inside }, { signal })),
    })),
  );
  return {
    may: answers.filter(({ allowed }) => allowed).map(({ verb }) => verb),
    mayNot: answers.filter(({ allowed }) => !allowed).map(({ verb }) => verb),
  };
}

function qualified(resource: string, groups: readonly string[]): string[] {
  const [plural = '', ...rest] = resource.split('/');
  return groups.map((group) => nameOf(plural, group, rest.join('/') || undefined));
}

/** `pods`, `pods/log`, `deployments.apps/scale`, `*.*` */
function nameOf(plural: string, group: string, subresource?: string): string {
  return `${plural}${group === '' ? '' : `.${group}`}${subresource ? `/${subresource}` : ''}`;
}

function condense(
  verbs: ReadonlyMap<string, ReadonlySet<string>>,
  matches: (resource: string) => boolean,
): Allowed[] {
  const byVerbs = new Map<string, string[]>();
  for (const [resource, set] of [...verbs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!matches(resource)) continue;
    const key = set.has('*') ? '*' : [...set].sort().join(', ');
    const names = byVerbs.get(key) ?? [];
    byVerbs.set(key, names);
    names.push(resource);
  }
  return [...byVerbs].map(([key, resources]) => ({ verbs: key, resources }));
}
