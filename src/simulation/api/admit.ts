import { equalJson, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { type KindDefinition, kindNamed } from '../kinds.ts';
import { admitPod } from './admit-pod.ts';
import { checkQuota } from './admit-quota.ts';
import { forbidden, notFound, notSimulated } from './error.ts';
import type { Machine } from './machine.ts';

/** What admission does to a new object, in place. @throws ApiError where it refuses. */
export function admitCreate(machine: Machine, kind: KindDefinition, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  if (kind.unenforced) throw notSimulated(`acting on a ${kind.kind}`);
  if (kind.namespaced) {
    const home = machine.store.get(kindNamed('Namespace'), undefined, namespace ?? '');
    if (home === undefined) throw notFound(kindNamed('Namespace'), namespace ?? '');
    if (home.metadata.deletionTimestamp !== undefined) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw forbidden(kind, name, why, [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ]);
    }
    if (kind.kind === 'Pod') admitPod(machine, object, home);
    checkQuota(machine, kind, object);
  }
}

/** What admission does to a change. @throws ApiError where it refuses. */
export function admitUpdate(
  machine: Machine,
  kind: KindDefinition,
  object: KubeObject,
  live: KubeObject,
): void {
  if (kind.kind === 'PersistentVolumeClaim') {
    const size = ({ spec }: KubeObject) => objectOf(objectOf(spec).resources).requests;
    const bound = objectOf(live.spec).volumeName !== undefined;
    if (bound && !equalJson(size(object), size(live)) && !canGrow(machine, live)) {
      const why =
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
      throw forbidden(kind, object.metadata.name, why);
    }
  }
}

function canGrow({ store }: Machine, claim: KubeObject): boolean {
  const name = objectOf(claim.spec).storageClassName;
  if (typeof name !== 'string' || name === '') return false;
  return store.get(kindNamed('StorageClass'), undefined, name)?.allowVolumeExpansion === true;
}
