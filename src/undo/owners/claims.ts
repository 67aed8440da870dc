import type { KubeObject } from '../../core/kube.ts';
import { valueAt } from '../history.ts';
import { heldBy, isController, isOurs } from '../managed-fields.ts';
import type { Path } from '../path.ts';
import type { Shape } from '../shape.ts';
import { type Declarer, declarers, lastApplied } from './recognise.ts';

/** A declarer of an object, and which of the changed fields it declares. */
export interface Claim {
  readonly by: Declarer;
  /** Empty: none of them, so that nothing of the change will be put back. */
  readonly paths: readonly Path[];
}

/**
 * Who else declares what a change touches. Argo CD and Flux are named even where they declare none of the changed
 * fields; a server-side applier only where it does.
 * @param paths changed paths; undefined for a delete, which touches all
 */
export function claimsOn(
  object: KubeObject,
  paths: readonly Path[] | undefined,
  shape: Shape,
): Claim[] {
  return declarers(object).flatMap((by): Claim[] => {
    if (by.managers.some((manager) => isOurs({ manager }) || isController({ manager }))) return [];
    if (paths === undefined) return [{ by, paths: [[]] }];
    const declared = paths.filter((path) => declares(object, by, path, shape));
    if (declared.length === 0 && by.kind === 'applied') return [];
    return [{ by, paths: declared }];
  });
}

/** Where it has left no trace in managedFields nobody can tell, and it counts as declaring everything. */
function declares(object: KubeObject, by: Declarer, path: Path, shape: Shape): boolean {
  const traces = by.managers.filter((manager) => heldBy(object, manager, []));
  if (traces.some((manager) => heldBy(object, manager, path))) return true;
  if (by.kind === 'applied') return false;
  // A hand edit takes the ownership of a field, and with a client-side apply only this annotation still declares it.
  const applied = lastApplied(object);
  if (applied !== undefined) return valueAt(applied, path, shape) !== undefined;
  return traces.length === 0;
}
