import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, isObject, numberOf, objectOf, objectsOf } from '../../core/json.ts';
import { controllerOf, groupOf } from '../../core/kube.ts';
import { labelsOf, selects } from '../observe/related/label-match.ts';
import { podsOfJobs } from './job-pods.ts';
import { isTerminating, titleOf } from './target.ts';

const NAMED = 10;

export interface NodePods {
  readonly evictable: readonly LiveObject[];
  /** `2 pods of DaemonSets`, for each sort of pod that stays. */
  readonly staying: readonly string[];
  /** Those whose run begins anew. */
  readonly startAnew: readonly LiveObject[];
}

/**
 * Which pods of a node a drain evicts, by kubectl's own rules, but for finished pods, which are left alone.
 * @throws StratusError irreversible for pods that nothing would replace, or whose local data would be lost
 */
export function podsToEvict(
  pods: readonly LiveObject[],
  jobs: readonly LiveObject[] | undefined,
  deleteLocalData: boolean,
): NodePods {
  const staying = new Map<string, number>();
  const evictable = pods
    .filter((pod) => {
      const why = whyItStays(pod);
      if (why !== undefined) staying.set(why, (staying.get(why) ?? 0) + 1);
      return why === undefined;
    })
    .sort((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1));
  refuseBare(evictable.filter(({ object }) => controllerOf(object) === undefined));
  const { startAnew, last } = podsOfJobs(evictable, jobs);
  refuseLast(last, jobs !== undefined);
  if (!deleteLocalData) refuseLocalData(evictable.filter(hasLocalData));
  return { evictable, startAnew, staying: [...staying].map(([why, count]) => `${count} ${why}`) };
}

function whyItStays({ object }: LiveObject): string | undefined {
  const phase = at(object, 'status', 'phase');
  if (object.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return 'static';
  if (phase === 'Succeeded' || phase === 'Failed') return 'finished';
  if (isTerminating(object)) return 'terminating already';
  const controller = controllerOf(object);
  const isDaemon =
    controller?.kind === 'DaemonSet' && groupOf(String(controller.apiVersion)) === 'apps';
  return isDaemon ? 'of DaemonSets' : undefined;
}

/** Volumes that go with the pod: an emptyDir, and a claim that lives as long as the pod. */
function hasLocalData({ object }: LiveObject): boolean {
  return objectsOf(at(object, 'spec', 'volumes')).some(
    (volume) => isObject(volume.emptyDir) || isObject(volume.ephemeral),
  );
}

function refuseBare(pods: readonly LiveObject[]): void {
  if (pods.length === 0) return;
  throw new StratusError(
    'irreversible',
    `No controller would replace ${namesOf(pods)}, so nothing was evicted and the node not cordoned.`,
    {
      rule: 'A2 faithful undo',
      next: 'Ask the person who runs these pods to move them, or cordon the node only (mitigate_node).',
    },
  );
}

function refuseLast(pods: readonly LiveObject[], known: boolean): void {
  if (pods.length === 0) return;
  const why = known
    ? `An evicted pod counts as a failed try, and the Job of ${namesOf(pods)} has none left: it would fail for good`
    : `Whether the Job of ${namesOf(pods)} has another try left could not be read`;
  throw new StratusError(
    'irreversible',
    `${why}, so nothing was evicted and the node not cordoned.`,
    {
      rule: 'A2 faithful undo',
      next: 'Cordon the node (mitigate_node) and drain it when the Job is done, or ask the person who runs it.',
    },
  );
}

function refuseLocalData(pods: readonly LiveObject[]): void {
  if (pods.length === 0) return;
  throw new StratusError(
    'irreversible',
    `The local data (emptyDir) of ${namesOf(pods)} would be lost, so nothing was evicted and the node not cordoned.`,
    {
      rule: 'A2 faithful undo',
      next: 'Where that data may go (caches, scratch files), call again with delete_empty_dir_data true.',
    },
  );
}

export function namesOf(pods: readonly LiveObject[]): string {
  const names = pods.slice(0, NAMED).map(titleOf).join(', ');
  return pods.length > NAMED ? `${names} and ${pods.length - NAMED} more` : names;
}

/**
 * Budgets that let fewer pods go now than the drain wants: each eviction alone passes the dry run, all together
 * have to wait for each other.
 */
export function budgetWarnings(
  evictable: readonly LiveObject[],
  budgets: readonly LiveObject[],
): string[] {
  return budgets.flatMap((budget) => {
    const selector = at(budget.object, 'spec', 'selector');
    if (!isObject(selector)) return [];
    const count = evictable.filter(
      (pod) =>
        pod.key.namespace === budget.key.namespace &&
        selects(objectOf(selector), labelsOf(pod.object)),
    ).length;
    const allowed = numberOf(at(budget.object, 'status', 'disruptionsAllowed')) ?? 0;
    if (count <= allowed) return [];
    return [
      `${titleOf(budget)} allows ${allowed} disruptions now, and ${count} of its pods are here: evictions wait until replacements are ready elsewhere.`,
    ];
  });
}
