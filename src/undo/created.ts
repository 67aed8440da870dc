import type { Json } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { COMMAND_MANAGER } from '../core/managers.ts';
import { diffPaths } from './diff.ts';
import { valueAt } from './history.ts';
import { anyOwnerOf, isController, isOurs, ownerOf } from './managed-fields.ts';
import { type NormaliseOptions, normalise } from './normalise.ts';
import { formatPath, type Path } from './path.ts';
import type { Shape } from './shape.ts';
import type { UndoStep } from './types.ts';

/**
 * What keeps an object that a step created from being deleted again: whatever its creation does not explain, apart
 * from what controllers wrote. Ours counts as well, because the later steps of this transaction are out already.
 * @param state the object without the later changes of the transaction, normalised
 * @param stored the same as it is stored: its managedFields tell who wrote
 */
export function changesSinceCreate(
  step: UndoStep,
  state: KubeObject,
  stored: KubeObject,
  shape: Shape,
  options: NormaliseOptions,
): Json[] {
  if (step.post === undefined) return [];
  const loose = { ...options, ignoreIdentity: true };
  const created = normalise(step.post, loose);
  const paths = diffPaths(created, normalise(state, loose), shape);
  // A dry run predicts addresses, ports and names that the server then chose otherwise: only others' fields tell.
  if (step.postUid === undefined) {
    return conflict(
      paths.filter((path) => {
        const owner = ownerOf(stored, path);
        return owner !== undefined && !isController(owner);
      }),
      BY_OTHERS,
    );
  }
  const ours: Path[] = [];
  const others: Path[] = [];
  for (const path of paths) {
    const owner = anyOwnerOf(stored, path);
    // What appeared without an owner is the server's own doing: the node of a pod, status shown as annotations.
    const isServers = owner === undefined && valueAt(created, path, shape) === undefined;
    if (isServers || (owner && isController(owner))) continue;
    (owner && isOurs(owner) ? ours : others).push(path);
  }
  return [...conflict(others, BY_OTHERS), ...conflict(ours, BY_LATER)];
}

const BY_OTHERS = 'somebody else changed the object that was created here';
const BY_LATER = `the object that was created here was changed by a later transaction of ${COMMAND_MANAGER}`;

function conflict(paths: readonly Path[], note: string): Json[] {
  return paths.length === 0 ? [] : [{ path: paths.map(formatPath).join(', '), note }];
}
