import { equalJson, isObject, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isCommandManager, isOurManager } from '../core/managers.ts';
import type { NormaliseOptions } from './normalise.ts';
import { recreatedForm } from './recreate.ts';
import type { UndoStep } from './types.ts';

/**
 * True for what the undo of a single delete has created again, and somebody else has edited since, where the answer
 * with its uid was lost: by the manager that created it, because ownership is restored only after that answer.
 */
export function isMadeByUndo([step, ...more]: readonly UndoStep[], now: KubeObject): boolean {
  if (step?.verb !== 'delete' || !step.restoring || more.length > 0) return false;
  return objectsOf(now.metadata.managedFields).some(({ manager, operation }) => {
    const name = stringOf(manager) ?? '';
    return operation === 'Update' && isOurManager(name) && !isCommandManager(name);
  });
}

/** True for the object that was to be created again, as it would be stored. */
export function isRecreated(
  wanted: KubeObject,
  now: KubeObject,
  options: NormaliseOptions,
): boolean {
  const [was, is] = [wanted, now].map((one) => withoutPlace(recreatedForm(one, options)));
  return equalJson(was ?? null, is ?? null);
}

/** Owner references may have been remapped by the recreate, and a pod may have had to go to another node. */
export function withoutPlace(object: KubeObject): KubeObject {
  const { ownerReferences: _owners, ...metadata } = object.metadata;
  const rest = { ...object, metadata: metadata as KubeObject['metadata'] };
  if (object.kind !== 'Pod' || !isObject(object.spec)) return rest;
  const { nodeName: _node, ...spec } = object.spec;
  return { ...rest, spec };
}
