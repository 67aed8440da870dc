import type { ListFeed } from '../cluster/feed.ts';
import type {
  ClusterReader,
  ListQuery,
  ResourceCatalogue,
  ResourceInfo,
} from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import type { KubeObject } from '../core/kube.ts';
import { unknownName, WATCHED_KINDS, type WatchedKind, WEBHOOK_SLICES } from './kinds.ts';
import { shorten } from './text.ts';
import { trimmed } from './trim.ts';
import type { Scope, Snapshot, Unknown } from './types.ts';
import { failClosedServices } from './webhooks.ts';

/**
 * Lists that run at the same time: the kinds of one cluster-wide snapshot. A consistent read may wait
 * 100 ms for etcd's progress (Kubernetes 1.31 and later), however small it is; these wait together.
 */
const PARALLEL_LISTS = 24;

/** The objects of a list once all are there; undefined when its evidence broke meanwhile. */
type Listed = () => readonly KubeObject[] | undefined;

interface ListJob {
  /** Key in `Snapshot.objects`. */
  readonly as: string;
  readonly watched: WatchedKind;
  readonly resource: ResourceInfo;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Not in the measured namespaces: a 403 here is reported without closing the gate. */
  readonly outside: boolean;
}

/**
 * Reads what the predicates need. Every list that fails is named in `unknowns`, whatever the cause;
 * a kind that the cluster doesn't serve is an empty list. Cluster-wide lists come from the feed, where
 * there is one.
 * @throws the signal's reason when it aborts, nothing else.
 */
export async function takeSnapshot(
  reader: ClusterReader,
  scope: Scope,
  clock: Clock,
  signal?: AbortSignal,
  feed?: ListFeed,
): Promise<Snapshot> {
  const at = clock.now();
  const objects: Record<string, readonly KubeObject[]> = {};
  const unknowns: Unknown[] = [];
  const options = signal === undefined ? {} : { signal };
  const everywhere = scope.namespaces === 'all' ? feed : undefined;

  async function listed(query: ListQuery): Promise<Listed> {
    if (everywhere !== undefined) {
      return (await everywhere.current(query, { ...options, keep: trimmed })).items;
    }
    const { items } = await reader.listAll(query, options);
    return () => items;
  }

  async function guarded(job: ListJob, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      signal?.throwIfAborted();
      const forbidden = isForbidden(error);
      unknowns.push({
        what: unknownName(job.watched.plural, job.namespace, job.outside && forbidden),
        reason: reasonOf(error),
        ...(forbidden ? { forbidden } : {}),
      });
    }
  }

  /** Asks for all lists before it looks into any, so that they are as close in time as can be. */
  async function readAll(jobs: readonly ListJob[]): Promise<void> {
    const taken = new Map<ListJob, Listed>();
    await inParallel(jobs, (job) =>
      guarded(job, async () => {
        taken.set(job, await listed(queryOf(job)));
      }),
    );
    await inParallel([...taken], ([job, items]) =>
      guarded(job, async () => {
        const found = items() ?? (await reader.listAll(queryOf(job), options)).items;
        add(job, found);
      }),
    );
  }

  function add({ as, resource }: ListJob, items: readonly KubeObject[]): void {
    const isNamed = items.every((it) => typeof it.kind === 'string');
    const whole = isNamed ? items : items.map((it) => named(it, resource));
    const before = objects[as];
    objects[as] = before === undefined ? whole : [...before, ...whole];
  }

  let catalogue: ResourceCatalogue;
  try {
    catalogue = await reader.resources(options);
  } catch (error) {
    signal?.throwIfAborted();
    return { at, scope, objects, unknowns: [{ what: 'API discovery', reason: reasonOf(error) }] };
  }

  const jobs: ListJob[] = [];
  for (const watched of WATCHED_KINDS) {
    const resource = find(catalogue, watched);
    if (resource !== undefined) jobs.push(...jobsFor(watched, resource, scope));
    else if (watched.essential || catalogue.failedGroups.some((it) => sameGroup(it, watched))) {
      unknowns.push({ what: watched.plural, reason: 'API discovery did not list this kind' });
    } else objects[watched.kind] = [];
  }
  await readAll(jobs);
  await readAll(webhookJobs(objects, scope, catalogue));

  unknowns.sort((a, b) => (a.what < b.what ? -1 : 1));
  return { at, scope, objects, unknowns };
}

function queryOf({ resource, namespace, labelSelector, watched }: ListJob): ListQuery {
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(watched.fieldSelector === undefined ? {} : { fieldSelector: watched.fieldSelector }),
  };
}

function jobsFor(watched: WatchedKind, resource: ResourceInfo, scope: Scope): ListJob[] {
  const job = { as: watched.kind, watched, resource };
  if (scope.namespaces === 'all') return [{ ...job, outside: false }];
  if (!watched.namespaced) return [{ ...job, outside: true }];
  return [...new Set(scope.namespaces)].map((namespace) => ({ ...job, namespace, outside: false }));
}

/** The Services behind fail-closed webhooks seldom lie in the namespaces that are measured. */
function webhookJobs(
  objects: Readonly<Record<string, readonly KubeObject[]>>,
  scope: Scope,
  catalogue: ResourceCatalogue,
): ListJob[] {
  const watched = WATCHED_KINDS.find((it) => it.kind === 'EndpointSlice');
  const resource = watched && find(catalogue, watched);
  if (watched === undefined || resource === undefined || scope.namespaces === 'all') return [];
  const jobs = new Map<string, ListJob>();
  for (const { namespace, name } of failClosedServices(objects)) {
    if (scope.namespaces.includes(namespace)) continue;
    const labelSelector = `kubernetes.io/service-name=${name}`;
    jobs.set(`${namespace}/${name}`, {
      as: WEBHOOK_SLICES,
      watched,
      resource,
      namespace,
      labelSelector,
      outside: true,
    });
  }
  return [...jobs.values()];
}

function find(catalogue: ResourceCatalogue, watched: WatchedKind): ResourceInfo | undefined {
  return catalogue.all.find(
    (it) => it.group === watched.group && it.plural === watched.plural && it.verbs.includes('list'),
  );
}

/** Discovery may name a failed group with its version. */
function sameGroup(failed: string, watched: WatchedKind): boolean {
  return failed === watched.group || failed.startsWith(`${watched.group}/`);
}

/** Items of a list come without their kind. */
function named(item: KubeObject, resource: ResourceInfo): KubeObject {
  if (typeof item.kind === 'string') return item;
  return { ...(item as KubeObject), apiVersion: resource.apiVersion, kind: resource.kind };
}

function isForbidden(error: unknown): boolean {
  return error instanceof StratusError && error.code === 'forbidden';
}

function reasonOf(error: unknown): string {
  if (error instanceof StratusError) return shorten(`${error.code}: ${error.message}`);
  return shorten(error instanceof Error ? error.message : String(error));
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_LISTS, items.length) }, lane));
}
