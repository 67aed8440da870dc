import type { AccessQuery, ClusterReader } from '../../cluster/types.ts';
import { WATCHED_KINDS } from '../../severity/kinds.ts';
import { type Check, fail, failed, ok, warn } from './check.ts';
import { roleChecks } from './roles.ts';

/** Who asks for what: `cluster` means not in a namespace. */
interface Need extends AccessQuery {
  readonly cluster?: true;
}

const READING = ['get', 'list', 'watch'];
/** What a change, its undo (a replace) and its fence (a patch) send. */
const WRITING = ['create', 'patch', 'update', 'delete'];

/** Kinds that are changed together, or by one tool. */
const FAMILIES: readonly (readonly [name: string, group: string, resources: readonly string[]])[] =
  [
    ['workloads', 'apps', ['deployments', 'statefulsets', 'daemonsets']],
    ['jobs', 'batch', ['jobs', 'cronjobs']],
    ['configuration', '', ['configmaps', 'secrets']],
    ['services', '', ['services']],
    ['routes', 'networking.k8s.io', ['ingresses', 'networkpolicies']],
    ['autoscaling', 'autoscaling', ['horizontalpodautoscalers']],
    ['disruption budgets', 'policy', ['poddisruptionbudgets']],
  ];

/** One of these is offered wherever anything may be changed. */
export const WRITERS = ['mitigate_patch', 'mitigate_scale', 'mitigate_apply'];

export interface AccessOptions {
  readonly namespace: string;
  /** False for a family of tools that neither policy nor flags offer. */
  offers(tool: string): boolean;
}

/** What the identity may do, by family of tools. Asks with SelfSubjectAccessReviews: nothing is written. */
export async function accessChecks(
  reader: ClusterReader,
  options: AccessOptions,
): Promise<Check[]> {
  try {
    const checks = [...(await observeChecks(reader, options.namespace))];
    const writes = WRITERS.some(options.offers);
    if (!writes)
      return [...checks, ok('mitigate', 'not offered by policy or flags: nothing is needed')];
    checks.push(...(await mitigateChecks(reader, options.namespace)));
    checks.push(await nodeCheck(reader), await transactionCheck(reader));
    checks.push(...(await roleChecks(reader, options.namespace)));
    if (options.offers('mitigate_drain')) checks.push(await drainCheck(reader));
    return checks;
  } catch (thrown) {
    return [failed('permissions', thrown)];
  }
}

async function observeChecks(reader: ClusterReader, namespace: string): Promise<Check[]> {
  const area = 'observe';
  const needs: Need[] = WATCHED_KINDS.flatMap(({ group, plural, namespaced }) =>
    READING.map((verb) => ({
      ...{ verb, group, resource: plural },
      ...(namespaced ? {} : { cluster: true as const }),
    })),
  );
  needs.push({ verb: 'get', group: '', resource: 'pods', subresource: 'log' });
  const everywhere = await denied(reader, needs, undefined);
  if (everywhere.length === 0)
    return [ok(area, 'everything that severity reads, logs and events, in all namespaces')];
  const inNamespace = needs.filter((need) => !need.cluster);
  const here = await denied(reader, inNamespace, namespace);
  if (here.length > 0) {
    const next = `Bind the ClusterRole view in ${namespace}: severity is unknown without, and nothing is committed.`;
    return [fail(area, `in namespace ${namespace} not: ${listed(here)}`, next)];
  }
  const next =
    'Fine for one team. For the whole cluster, bind view and the reading of nodes and volumes cluster-wide.';
  return [
    warn(area, `all of namespace ${namespace}; in all namespaces not: ${listed(everywhere)}`, next),
  ];
}

async function mitigateChecks(reader: ClusterReader, namespace: string): Promise<Check[]> {
  const found = await Promise.all(
    FAMILIES.map(async ([name, group, resources]) => {
      const needs = resources.flatMap((resource) =>
        WRITING.map((verb) => ({ verb, group, resource })),
      );
      return { name, needs, no: await denied(reader, needs, namespace) };
    }),
  );
  const area = 'mitigate';
  const whole = found.filter(({ no }) => no.length === 0).map(({ name }) => name);
  const none = found.filter(({ no, needs }) => no.length === needs.length).map(({ name }) => name);
  const part = found.filter(({ no, needs }) => no.length > 0 && no.length < needs.length);
  const checks: Check[] = [];
  if (whole.length > 0) checks.push(ok(area, `in namespace ${namespace}: ${whole.join(', ')}`));
  for (const { name, no } of part) {
    checks.push(warn(area, `${name} in namespace ${namespace} not: ${listed(no)}`, nextOf(no)));
  }
  if (none.length > 0) {
    const next =
      'Bind a Role that may create, patch, update and delete them, if it is to change them.';
    checks.push(warn(area, `in namespace ${namespace} not at all: ${none.join(', ')}`, next));
  }
  return checks;
}

function nextOf(no: readonly Need[]): string {
  const lacks = (verb: string) => no.filter((need) => need.verb === verb).map(idOfNeed);
  const patchable = lacks('update').filter((id) => !lacks('patch').includes(id));
  if (patchable.length > 0) {
    return 'Allow update beside patch: a change whose undo would be refused is refused.';
  }
  const deletable = lacks('create').filter((id) => !lacks('delete').includes(id));
  if (deletable.length > 0) {
    return `Allow create beside delete of ${deletable.join(', ')}: what couldn't be brought back isn't deleted.`;
  }
  return 'Allow what it is to do there; other changes of these kinds work.';
}

const idOfNeed = ({ resource }: Need) => resource;

async function nodeCheck(reader: ClusterReader): Promise<Check> {
  const needs = ['patch', 'update'].map((verb) => ({ verb, group: '', resource: 'nodes' }));
  const no = await denied(reader, needs, undefined);
  if (no.length === 0) return ok('nodes', 'cordon and taint');
  return warn(
    'nodes',
    `not: ${listed(no)}`,
    'Allow patch and update of nodes, if it is to cordon and taint.',
  );
}

async function drainCheck(reader: ClusterReader): Promise<Check> {
  const no = await denied(
    reader,
    [
      { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
      { verb: 'list', group: '', resource: 'pods' },
      { verb: 'list', group: 'policy', resource: 'poddisruptionbudgets' },
      { verb: 'patch', group: '', resource: 'nodes' },
      { verb: 'update', group: '', resource: 'nodes' },
    ],
    undefined,
  );
  if (no.length === 0) return ok('drain', 'evictions in all namespaces, and cordons');
  return warn('drain', `not: ${listed(no)}`, 'Allow them cluster-wide, if it is to drain nodes.');
}

/** A transaction belongs to one cluster, which is told apart by a namespace's uid. */
async function transactionCheck(reader: ClusterReader): Promise<Check> {
  const need = { verb: 'get', group: '', resource: 'namespaces', name: 'kube-system' };
  const no = await denied(reader, [need], undefined);
  if (no.length === 0) return ok('transactions', 'the cluster can be told apart from others');
  const next =
    'Allow get of the namespace kube-system: else the address of the server is all that tells clusters apart.';
  return warn('transactions', 'it may not get namespace kube-system', next);
}

const AT_ONCE = 16;

/** The needs that are refused. */
async function denied(
  reader: ClusterReader,
  needs: readonly Need[],
  namespace: string | undefined,
): Promise<Need[]> {
  const refused: Need[] = [];
  for (let i = 0; i < needs.length; i += AT_ONCE) {
    const part = needs.slice(i, i + AT_ONCE);
    const answers = await Promise.all(
      part.map(({ cluster, ...query }) =>
        reader.can(cluster || namespace === undefined ? query : { ...query, namespace }),
      ),
    );
    refused.push(...part.filter((_, n) => answers[n]?.allowed !== true));
  }
  return refused;
}

const MOST_LISTED = 6;

/** `list and watch of nodes; get of pods/log`. */
function listed(needs: readonly Need[]): string {
  const byResource = new Map<string, string[]>();
  for (const { verb, resource, subresource } of needs) {
    const name = subresource === undefined ? resource : `${resource}/${subresource}`;
    byResource.set(name, [...(byResource.get(name) ?? []), verb]);
  }
  const all = [...byResource].map(([name, verbs]) => `${verbs.join(', ')} of ${name}`);
  const more = all.length - MOST_LISTED;
  return `${all.slice(0, MOST_LISTED).join('; ')}${more > 0 ? `; and ${more} more kinds` : ''}`;
}
