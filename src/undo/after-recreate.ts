import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { isBuiltIn } from '../core/api-groups.ts';
import { StratusError } from '../core/errors.ts';
import { at, isObject, type Json, objectsOf, stringifyJson } from '../core/json.ts';
import { describeRef, type KubeObject } from '../core/kube.ts';
import { groupKind } from './group-kind.ts';
import { reattach } from './reattach.ts';
import { rebind } from './rebind.ts';
import type { UndoGroup, UndoPort } from './types.ts';
import { unreached } from './unreached.ts';

const ATTEMPTS = 8;
const ESTABLISHED_WITHIN_MS = 30_000;

/**
 * What a recreate alone does not bring back: the binding of a claim, the service of a definition, the status of
 * a custom resource, the children. Each looks before it writes, so that it can run again after a crash.
 * @returns what the report should say
 * @throws StratusError undo_impossible when it can't be brought back
 */
export async function afterRecreate(
  group: UndoGroup,
  live: LiveObject,
  port: UndoPort,
): Promise<Json[]> {
  const { key, steps } = group;
  const before = steps.find(({ verb }) => verb === 'delete')?.pre;
  if (before === undefined) return [];
  const id = groupKind(key.resource.apiVersion, key.resource.kind);
  const notes: Json[] = [];
  if (id === 'PersistentVolumeClaim') notes.push(...(await rebind(key, before, port)));
  if (id === 'CustomResourceDefinition.apiextensions.k8s.io') await established(key, port);
  if (!isBuiltIn(key.resource.apiVersion)) notes.push(...(await restoreStatus(key, before, port)));
  notes.push(...(await reattach(group, before, live, port)));
  return notes;
}

/** Until then its objects can't be created again. */
async function established(key: ObjectKey, port: UndoPort): Promise<void> {
  const until = port.clock.monotonic() + ESTABLISHED_WITHIN_MS;
  for (;;) {
    const live = await port.get(key);
    const ready = objectsOf(at(live?.object, 'status', 'conditions')).some(
      ({ type, status }) => type === 'Established' && status === 'True',
    );
    if (ready) return;
    if (port.clock.monotonic() > until) {
      throw new StratusError(
        'undo_impossible',
        `${describeRef({ kind: key.resource.kind, name: key.name })} was created again, but is not established.`,
        { changed: 'something' },
      );
    }
    await port.clock.sleep(100);
  }
}

/** A create ignores the status where it is a subresource of its own. */
async function restoreStatus(key: ObjectKey, before: KubeObject, port: UndoPort): Promise<Json[]> {
  if (!key.resource.subresources.includes('status') || !isObject(before.status)) return [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const live = await port.get(key);
    // Its controller has looked at it already, and knows better.
    if (live === undefined || live.object.status !== undefined) return [];
    const outcome = await port.send(
      {
        verb: 'patch',
        key,
        subresource: 'status',
        patchType: 'merge',
        body: stringifyJson({
          metadata: { resourceVersion: live.resourceVersion },
          status: before.status,
        }),
      },
      'child',
    );
    unreached(outcome);
    if (outcome.kind === 'applied') return [];
    if (outcome.kind === 'rejected' && ![409, 429].includes(outcome.status))
      return [`Its status could not be restored: ${outcome.message}`];
    await port.clock.sleep(50 * 2 ** attempt);
  }
  return ['Its status could not be restored: the object kept changing.'];
}
