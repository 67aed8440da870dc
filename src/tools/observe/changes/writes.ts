import {
  type JsonObject,
  objectOf,
  objectsOf,
  stringifyJson,
  stringOf,
} from '../../../core/json.ts';
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
  const entries = objectsOf(object.metadata.managedFields).filter(tellsOfChange);
  // Several may have written in the second of the creation; who made it mostly holds the most.
  const [maker] = entries
    .filter(({ time }) => timeOf(time) === born)
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  const changes = entries.flatMap((entry, index): Change[] => {
    const at = timeOf(entry.time);
    if (at === undefined || at < since || entry === maker) return [];
    const said = shortText(fieldsText(objectOf(entry.fieldsV1)), 240);
    const id = `write|${ref}|${uid}|${index}`;
    return [{ id, at, what: 'write', object: ref, by: managerOf(entry), said }];
  });
  if (born !== undefined && born >= since) {
    const by = maker === undefined ? {} : { by: managerOf(maker) };
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
  return (
    objectsOf(workload.metadata.managedFields)
      .filter((entry) => holdsField(entry.fieldsV1, 'spec', 'template'))
      .flatMap((entry) => {
        const at = timeOf(entry.time);
        return at === undefined ? [] : [{ at, by: managerOf(entry), size: sizeOf(entry) }];
      })
      // In the same second: who changed a part of it, not who wrote the whole.
      .sort((a, b) => b.at - a.at || a.size - b.size)[0]
  );
}

function tellsOfChange({ manager, subresource, fieldsV1 }: JsonObject): boolean {
  if (subresource === 'status') return false;
  return !isControllerManager(stringOf(manager) ?? '') || holdsField(fieldsV1, 'spec');
}

function managerOf({ manager }: JsonObject): string {
  return managerText(stringOf(manager) ?? 'unknown');
}

function sizeOf({ fieldsV1 }: JsonObject): number {
  return stringifyJson(objectOf(fieldsV1)).length;
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
