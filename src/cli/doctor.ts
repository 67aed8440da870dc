import { Command } from 'commander';
import type { ClusterReader } from '../cluster/types.ts';
import { systemClock } from '../core/clock.ts';
import type { Config, Flags } from '../core/config.ts';
import { plainLine } from '../core/plain-text.ts';
import { packageVersion } from '../core/version.ts';
import type { KnownNames } from '../policy/lint.ts';
import { PREDICATES } from '../severity/predicates/index.ts';
import { allTools } from '../tools/catalogue.ts';
import { accessChecks, WRITERS } from './doctor/access.ts';
import { type Check, failed, warn } from './doctor/check.ts';
import { type ClusterFindings, clusterChecks } from './doctor/cluster.ts';
import { fenceChecks } from './doctor/fence.ts';
import { journalChecks } from './doctor/journal.ts';
import { leaseChecks } from './doctor/lease.ts';
import { nodeCheck } from './doctor/machine.ts';
import { policyChecks } from './doctor/policy.ts';
import { guarded } from './fail.ts';
import { configOf, withServerOptions } from './options.ts';
import { terminal } from './terminal.ts';

interface DoctorFlags {
  readonly json?: boolean;
  readonly namespace?: string;
}

/**
 * `stratus-mcp doctor`: looks at everything that a server needs and says what to do. It writes
 * nothing, to the cluster or the journal, and recovers nothing. Exit code 1 when a check fails.
 */
export function doctorCommand(): Command {
  return withServerOptions(new Command('doctor'))
    .description('check Node, kubeconfig, cluster, permissions, Lease, policy, journal and clock')
    .option('--namespace <name>', "where changes would be made; by default the context's namespace")
    .option('--json', 'one JSON document')
    .action(
      guarded(async ({ json, namespace, ...flags }: Flags & DoctorFlags) => {
        const checks = await examine(configOf(flags), process.env, namespace);
        terminal.stdout(json ? jsonOf(checks) : textOf(checks));
        if (checks.some(({ status }) => status === 'fail')) process.exitCode = 1;
      }),
    );
}

/** Everything that the doctor looks at. */
export async function examine(
  config: Config,
  env: NodeJS.ProcessEnv,
  namespace: string | undefined,
): Promise<Check[]> {
  const cluster = await clusterChecks(config, env);
  try {
    const { reader } = cluster;
    const known = await knownNames(cluster);
    const { checks: ofPolicy, policy } = policyChecks(config.policy, known);
    const offers = (tool: string) => !config.readOnly && policy?.offers(tool) === true;
    const access =
      reader === undefined
        ? [
            warn(
              'permissions',
              'not looked at: there is no cluster to ask',
              'See what failed above.',
            ),
          ]
        : await accessChecks(reader, { namespace: namespace ?? reader.defaultNamespace, offers });
    const place = placeChecks(namespace, known);
    const guards = reader === undefined ? [] : await guardChecks(reader, config, offers);
    return [
      nodeCheck(process.versions.node),
      ...cluster.checks,
      ...place,
      ...access,
      ...guards,
      ...ofPolicy,
      ...journalChecks(config.journal, env),
    ];
  } finally {
    await cluster.close();
  }
}

/** A namespace with a slip in its name is one in which nobody may do anything. */
function placeChecks(namespace: string | undefined, { namespaces }: KnownNames): Check[] {
  if (namespace === undefined || namespaces === undefined || namespaces.includes(namespace))
    return [];
  const found = `there is no namespace ${namespace}`;
  return [warn('namespace', found, 'Correct --namespace, or create it first.')];
}

/** What keeps writers of other machines out. */
async function guardChecks(
  reader: ClusterReader,
  { lease, fence }: Config,
  offers: (tool: string) => boolean,
): Promise<Check[]> {
  const writes = WRITERS.some(offers);
  const checks = await leaseChecks(reader, lease, writes);
  if (!writes) return checks;
  try {
    const { username } = await reader.whoAmI();
    const label = lease === 'off' ? undefined : `${lease.namespace}/${lease.name}`;
    return [...checks, ...(await fenceChecks(reader, { fence, lease: label, username }))];
  } catch (thrown) {
    return [...checks, failed('fence', thrown)];
  }
}

/** What a policy's patterns may mean here. What can't be read is not known, and not warned about. */
async function knownNames({ reader }: ClusterFindings): Promise<KnownNames> {
  const tools = allTools(systemClock).map(({ name }) => name);
  const predicates = PREDICATES.map(({ id }) => id);
  const catalogue = await reader?.resources().catch(() => undefined);
  const resource = catalogue?.all.find((it) => it.kind === 'Namespace' && it.group === '');
  const list =
    resource === undefined
      ? undefined
      : await reader?.listAll({ resource, metadataOnly: true }).catch(() => undefined);
  return {
    tools,
    predicates,
    ...(catalogue === undefined || catalogue.failedGroups.length > 0
      ? {}
      : { kinds: catalogue.all }),
    ...(list === undefined ? {} : { namespaces: list.items.map((it) => it.metadata.name) }),
  };
}

function textOf(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ area }) => area.length));
  const lines = checks.map(({ area, status, found, next }) => {
    const what = `${status.padEnd(4)}  ${area.padEnd(width)}  ${plainLine(found)}\n`;
    return next === undefined ? what : `${what}${' '.repeat(width + 8)}${plainLine(next)}\n`;
  });
  const count = (status: Check['status']) => checks.filter((it) => it.status === status).length;
  const sum = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return `stratus-mcp ${packageVersion()}\n${lines.join('')}${sum}\n`;
}

function jsonOf(checks: readonly Check[]): string {
  const healthy = checks.every(({ status }) => status !== 'fail');
  return `${JSON.stringify({ version: packageVersion(), healthy, checks }, null, 2)}\n`;
}
