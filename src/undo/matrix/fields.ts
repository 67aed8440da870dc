import { at, isObject, objectsOf } from '../../core/json.ts';
import { controllerOf, type KubeObject } from '../../core/kube.ts';
import { PLAIN } from '../group-kind.ts';
import { gainsSelector, losesAddress } from '../service-change.ts';
import { newTaints } from '../taints.ts';
import { changed, changedBeyond, REFUSED, SAME, type UpdateRow } from './types.ts';

const PUT_BACK = 'Puts the changed fields back; what others changed meanwhile is kept.';

/** Kinds that don't run pods by themselves, and their one-way fields. */
export const FIELD_ROWS: readonly UpdateRow[] = [
  {
    id: 'immutable',
    verb: 'update',
    kinds: ['ConfigMap', 'Secret'],
    what: '`immutable: true`',
    holds: ({ before, after }) => after.immutable === true && before.immutable !== true,
    class: 'irreversible',
    undo: 'immutable: true can never be unset',
    verified: REFUSED,
  },
  {
    id: 'claim-spec',
    verb: 'update',
    kinds: ['PersistentVolumeClaim'],
    what: '`spec` (size, volumeName)',
    holds: (update) => changed(update, 'spec'),
    class: 'irreversible',
    undo: 'a claim can grow or bind, but not shrink or unbind',
    verified: REFUSED,
  },
  {
    id: 'volume-reclaimed',
    verb: 'update',
    kinds: ['PersistentVolume'],
    what: '`spec.persistentVolumeReclaimPolicy` to Delete or Recycle',
    holds: (update) =>
      changed(update, 'spec', 'persistentVolumeReclaimPolicy') &&
      at(update.after, 'spec', 'persistentVolumeReclaimPolicy') !== 'Retain',
    class: 'irreversible',
    undo: 'a released volume with reclaim policy Delete loses its data',
    verified: REFUSED,
  },
  {
    id: 'volume-spec',
    verb: 'update',
    kinds: ['PersistentVolume'],
    what: '`spec` besides reclaim policy and mount options (claimRef, nodeAffinity, capacity…)',
    holds: (update) => changedBeyond(update, ['persistentVolumeReclaimPolicy', 'mountOptions']),
    class: 'irreversible',
    undo: 'what a volume is, how large and whose, can be changed but not back',
    verified: REFUSED,
  },
  {
    id: 'volume-policy',
    verb: 'update',
    kinds: ['PersistentVolume'],
    what: '`spec.persistentVolumeReclaimPolicy` to Retain, `spec.mountOptions`',
    class: 'exact',
    undo: PUT_BACK,
    verified: SAME,
  },
  {
    id: 'service-address',
    verb: 'update',
    kinds: ['Service'],
    what: 'a cluster address or node port given up (type, ExternalName, ipFamilies, externalTrafficPolicy)',
    holds: ({ before, after }) => losesAddress(before, after),
    class: 'compensating',
    undo: 'Asks for the same cluster addresses and node ports again; refused if somebody took them meanwhile.',
    verified: SAME,
  },
  {
    id: 'service-load-balancer',
    verb: 'update',
    kinds: ['Service'],
    what: '`spec.type` from LoadBalancer to another',
    holds: ({ before, after }) =>
      at(before, 'spec', 'type') === 'LoadBalancer' && at(after, 'spec', 'type') !== 'LoadBalancer',
    class: 'compensating',
    undo: 'Asks for a load balancer again; its outer address may be another one.',
    verified: SAME,
  },
  {
    id: 'service-first-selector',
    verb: 'update',
    kinds: ['Service'],
    what: 'a selector where there was none',
    holds: ({ before, after }) => gainsSelector(before, after),
    class: 'compensating',
    undo: 'Takes the selector away again; the endpoints it found stay, and nobody renews them.',
    verified: SAME,
  },
  {
    id: 'role-aggregated',
    verb: 'update',
    kinds: ['ClusterRole.rbac.authorization.k8s.io'],
    what: '`aggregationRule` where there was none',
    holds: ({ before, after }) =>
      isObject(after.aggregationRule) && !isObject(before.aggregationRule),
    class: 'irreversible',
    undo: 'its controller replaces the rules by those of other roles, and nobody puts the old ones back',
    verified: REFUSED,
  },
  {
    id: 'node-evicts',
    verb: 'update',
    kinds: ['Node'],
    what: 'a NoExecute taint',
    holds: ({ before, after }) => hasNoExecute(newTaints(before, after)),
    class: 'irreversible',
    undo: 'a NoExecute taint evicts pods that do not come back; NoSchedule keeps new ones away and can be taken back',
    verified: REFUSED,
  },
  {
    id: 'node-welcomes',
    verb: 'update',
    kinds: ['Node'],
    what: 'a NoExecute taint less',
    holds: ({ before, after }) => hasNoExecute(newTaints(after, before)),
    class: 'compensating',
    undo: 'Puts the taint back; pods that came meanwhile and do not tolerate it are evicted.',
    verified: SAME,
  },
  {
    id: 'node-spec',
    verb: 'update',
    kinds: ['Node'],
    what: '`spec` besides cordon and taints',
    holds: (update) => changedBeyond(update, ['unschedulable', 'taints']),
    class: 'irreversible',
    undo: 'addresses and provider of a node can be set but not changed back',
    verified: REFUSED,
  },
  {
    id: 'node',
    verb: 'update',
    kinds: ['Node'],
    what: 'cordon, uncordon, taints that do not evict',
    class: 'exact',
    undo: PUT_BACK,
    verified: `${SAME}; the node controller's own taints aside`,
  },
  {
    id: 'endpoints-of-controller',
    verb: 'update',
    kinds: ['Endpoints', 'EndpointSlice.discovery.k8s.io'],
    what: 'kept by a controller, for a Service with a selector',
    holds: ({ before }) => isKeptByController(before),
    class: 'irreversible',
    undo: 'a {kind} is the output of a controller, which would overwrite it',
    verified: REFUSED,
  },
  {
    id: 'endpoints-by-hand',
    verb: 'update',
    kinds: ['Endpoints', 'EndpointSlice.discovery.k8s.io'],
    what: 'kept by hand, for a Service without a selector',
    class: 'exact',
    undo: PUT_BACK,
    verified: SAME,
  },
  {
    id: 'controller-output',
    verb: 'update',
    kinds: [
      'Event',
      'Event.events.k8s.io',
      'Lease.coordination.k8s.io',
      'ControllerRevision.apps',
      'CSINode.storage.k8s.io',
      'VolumeAttachment.storage.k8s.io',
      'ResourceSlice.resource.k8s.io',
    ],
    what: 'anything',
    class: 'irreversible',
    undo: 'a {kind} is the output of a controller, which would overwrite it',
    verified: REFUSED,
  },
  {
    id: 'update-restorable',
    verb: 'update',
    kinds: PLAIN,
    what: 'any other field',
    class: 'exact',
    undo: PUT_BACK,
    verified: SAME,
  },
];

function hasNoExecute(taints: ReturnType<typeof newTaints>): boolean {
  return taints.some(({ effect }) => effect === 'NoExecute');
}

/** By who wrote it; where managedFields does not tell, it counts as a controller's. */
function isKeptByController(object: KubeObject): boolean {
  const managers = objectsOf(object.metadata.managedFields).map(({ manager }) => manager);
  const owned = controllerOf(object) !== undefined;
  return owned || managers.length === 0 || managers.includes('kube-controller-manager');
}
