import type { ObjectKey } from '../cluster/types.ts';
import type { StratusError } from '../core/errors.ts';
import { stringifyJson } from '../core/json.ts';
import type { StepRow } from '../journal/types.ts';
import { groupKind, WORKLOADS } from '../undo/group-kind.ts';
import type { OpenImage } from '../undo/groups.ts';
import type { UndoGroup } from '../undo/types.ts';
import { idOfKey } from './live.ts';
import type { EngineParts } from './parts.ts';
import { refOfStep } from './refs.ts';
import { keyOfStep, lasting } from './undo-port.ts';

/** An object that is not as before the transaction, and that may use what the transaction created. */
export interface User {
  readonly key: ObjectKey;
  readonly steps: readonly StepRow[];
  readonly error: StratusError;
  /** Its JSON as it is now; null where it is not there. Absent: not known, as the transaction left it counts. */
  readonly now?: string | null;
}

/** Runs pods, or is one. */
const RUNS_PODS: readonly string[] = [
  ...WORKLOADS,
  'Pod',
  'ReplicationController',
  'Job.batch',
  'CronJob.batch',
];

/** What selects pods or names their workload: no pod needs it to start. */
const IN_FRONT_OF_PODS: readonly string[] = [
  'Service',
  'Ingress.networking.k8s.io',
  'NetworkPolicy.networking.k8s.io',
  'PodDisruptionBudget.policy',
  'HorizontalPodAutoscaler.autoscaling',
];

/** Whose pods have their names in DNS by a Service. */
const NAMES_ITS_SERVICE: readonly string[] = ['StatefulSet.apps', 'Pod'];

/** Whether an object, as it is or as the transaction left it, names another one, or may select its pods. */
export function refersTo({ key, steps, now }: User, used: ObjectKey, image: OpenImage): boolean {
  if (now === null || idOfKey(key) === idOfKey(used)) return false;
  const isNear = [key.namespace, undefined].includes(used.namespace) || key.namespace === undefined;
  if (!isNear) return false;
  // A definition takes its objects with it.
  const definition = `${key.resource.plural}.${key.resource.group}`;
  if (used.resource.kind === 'CustomResourceDefinition' && used.name === definition) return true;
  const [user, its] = [key, used].map(({ resource }) =>
    groupKind(resource.apiVersion, resource.kind),
  );
  if (user === 'Service' && RUNS_PODS.includes(its ?? '')) return true;
  const isNamed = its === 'Service' && NAMES_ITS_SERVICE.includes(user ?? '');
  if (RUNS_PODS.includes(user ?? '') && IN_FRONT_OF_PODS.includes(its ?? '') && !isNamed)
    return false;
  const name = `"${used.name}"`;
  if (now !== undefined) return now.includes(name);
  try {
    return steps.some(({ seq }) =>
      (image(seq, 'post') ?? image(seq, 'predicted') ?? '').toString().includes(name),
    );
  } catch {
    // It can't be opened.
    return true;
  }
}

/**
 * Which of what the transaction created has to stay for now: what is used by something that is not back, and what
 * that uses in turn.
 * @returns the user of each, and who is at the end of the chain
 */
export function heldFor(
  created: readonly UndoGroup[],
  users: readonly User[],
  rowsOf: (group: UndoGroup) => readonly StepRow[],
  image: OpenImage,
): ReadonlyMap<UndoGroup, { readonly user: User; readonly root: User }> {
  const held = new Map<UndoGroup, { user: User; root: User }>();
  const chain = users.map((user) => ({ user, root: user }));
  for (const { user, root } of chain) {
    for (const group of created) {
      if (held.has(group) || !refersTo(user, group.key, image)) continue;
      held.set(group, { user, root });
      chain.push({ user: { key: group.key, steps: rowsOf(group), error: root.error }, root });
    }
  }
  return held;
}

/** With what is read of it now, if it can be. */
export async function asUser(
  { reader }: Pick<EngineParts, 'reader'>,
  one: Omit<User, 'now'>,
): Promise<User> {
  try {
    const live = await reader.get(one.key);
    return { ...one, now: live === undefined ? null : stringifyJson(live.object) };
  } catch {
    return one;
  }
}

/** The objects that a person decided to leave as somebody else has made them. */
export async function leftByDecision(
  parts: EngineParts,
  transaction: string,
  error: StratusError,
): Promise<User[]> {
  const store = parts.journal.transactions;
  const kept = store.resolutions(transaction).filter(({ how }) => how === 'keep_theirs');
  if (kept.length === 0) return [];
  const users = new Map<string, User>();
  for (const step of store.steps(transaction)) {
    const { apiVersion, kind, namespace, name } = refOfStep(step);
    const id = [apiVersion, kind, namespace ?? '', name].join('|');
    if (users.has(id) || !kept.some(({ object }) => object === id)) continue;
    try {
      const key = await keyOfStep(parts, step);
      users.set(id, await asUser(parts, { key, steps: [step], error }));
    } catch (thrown) {
      // A kind that is not served any more has no objects that use anything.
      lasting(thrown);
    }
  }
  return [...users.values()];
}
