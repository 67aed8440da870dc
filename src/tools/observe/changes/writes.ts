import { objectOf, objectsOf, stringOf } from '../../../core/json.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { isCommandManager, isControllerManager, isOurManager } from '../../../core/managers.ts';
import { shortText } from '../../render/untrusted.ts';
import { fieldsText, holdsField } from './field-paths.ts';
import type { Change } from './types.ts';

/**
 * What an object's metadata tells of its past: when it was made, and each field manager's last write since then.
 * What a controller reports in a status is no change that anybody made, and is left out.
 */
export function writesOf(object: KubeObject, since: number): Change[] {
  const ref = describeRef({ kind: object.kind, ...object.metadata });
  const { uid = '' } = object.metadata;
  const born = timeOf(object.metadata.creationTimestamp);
  const going = timeOf(object.metadata.deletionTimestamp);
  const changes: Change[] = [];
  let maker: string | undefined;
  for (const [index, entry] of objectsOf(object.metadata.managedFields).entries()) {
    const at = timeOf(entry.time);
    const manager = stringOf(entry.manager) ?? 'unknown';
    const fields = objectOf(entry.fieldsV1);
    if (at === undefined || at < since || stringOf(entry.subresource) === 'status') continue;
    if (isControllerManager(manager) && !holdsField(fields, 'spec')) continue;
    // Who writes in the second of the creation made it.
    if (at === born && maker === undefined) maker = managerText(manager);
    else {
      changes.push({
        id: `write|${ref}|${uid}|${index}`,
        at,
        what: 'write',
        object: ref,
        by: managerText(manager),
        said: shortText(fieldsText(fields), 240),
      });
    }
  }
  if (born !== undefined && born >= since) {
    const by = maker === undefined ? {} : { by: maker };
    const id = `created|${ref}|${uid}`;
    changes.push({ id, at: born, what: 'created', object: ref, ...by, said: 'created' });
  }
  if (going !== undefined) {
    const held = objectsOf(object.metadata.ownerReferences).length;
    const finalizers = Array.isArray(object.metadata.finalizers) ? object.metadata.finalizers : [];
    const waits = finalizers.length > 0 ? `; finalizers hold it: ${finalizers.join(', ')}` : '';
    const said = shortText(`is being deleted${waits}${held > 0 ? '; it has owners' : ''}`, 240);
    changes.push({ id: `deleting|${ref}|${uid}`, at: going, what: 'deleting', object: ref, said });
  }
  return changes;
}

/** The last one to write the pod template, and when. */
export function templateWriter(workload: KubeObject): { by: string; at: number } | undefined {
  return objectsOf(workload.metadata.managedFields)
    .filter((entry) => holdsField(entry.fieldsV1, 'spec', 'template'))
    .flatMap((entry) => {
      const at = timeOf(entry.time);
      return at === undefined
        ? []
        : [{ at, by: managerText(stringOf(entry.manager) ?? 'unknown') }];
    })
    .sort((a, b) => b.at - a.at)[0];
}

/** Our own managers by our name. Anybody can call himself so: what the journal knows is said apart. */
export function managerText(manager: string): string {
  if (!isOurManager(manager)) return shortText(manager, 60);
  return isCommandManager(manager) ? OWN : `${OWN}, taking back`;
}

export const OWN = 'stratus-mcp';

function timeOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
