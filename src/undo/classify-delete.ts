import { isBuiltIn } from '../core/api-groups.ts';
import { at, isObject, objectsOf, stringOf } from '../core/json.ts';
import { controllerOf, type KubeObject } from '../core/kube.ts';
import { deletesClaims } from './claim-retention.ts';
import {
  type Classifiable,
  type Classification,
  irreversible,
  type StandIn,
} from './classification.ts';
import { groupKind, PLAIN, REMADE, WORKLOADS } from './group-kind.ts';
import { LOST_SNAPSHOT, SNAPSHOTS } from './matrix/snapshots.ts';
import { TOKEN_TYPE } from './recreate.ts';
import { isOfDeployment, OF_DEPLOYMENT } from './replica-sets.ts';
import type { Surroundings } from './surroundings.ts';

/** The server's own: they hold an object while it is used, and are gone when it isn't. */
export const PROTECTIONS = [
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
  'kubernetes.io/vac-protection',
  'customresourcecleanup.apiextensions.k8s.io',
];

/** Controllers put these into every namespace, and again as soon as they are gone. */
const INJECTED = ['ConfigMap/kube-root-ca.crt', 'ServiceAccount/default'];

/**
 * The class of a delete. What is irreversible and has a stand-in may be put off until the commit; the rest is
 * refused, with what to do first.
 */
export function classifyDelete(write: Classifiable): Classification {
  const { kind, apiVersion, before, around = {} } = write;
  const id = groupKind(apiVersion, kind);
  if (before === undefined) return irreversible('there is no pre-image');
  if (before.metadata.deletionTimestamp !== undefined)
    return irreversible('it is being deleted already');
  if (REMADE.includes(id))
    return irreversible(`a ${kind} is the output of a controller, which makes it anew`);
  if (INJECTED.includes(`${id}/${before.metadata.name}`))
    return irreversible('Kubernetes puts it into every namespace, and again as soon as it is gone');
  if (around.unread !== undefined) return irreversible(around.unread);
  const held = finalizersOf(before);
  if (held.length > 0) {
    const why = `its finalizers (${held.join(', ')}) do cleanup that a recreate does not bring back`;
    return deferrable('nothing', why);
  }
  const special = BY_KIND[id]?.(before, around);
  if (special !== undefined) return special;
  if (WORKLOADS.includes(id) || id === 'ReplicationController') {
    return {
      class: 'compensating',
      undo: `Its pods are orphaned, not killed; the undo creates the ${kind} again, which adopts them. They are removed only after commit.`,
    };
  }
  if (PLAIN.includes(id)) {
    return {
      class: 'compensating',
      undo: `Creates the ${kind} again with the same spec; its uid changes.`,
    };
  }
  if (SNAPSHOTS.includes(id)) return deferrable('nothing', LOST_SNAPSHOT);
  if (!isBuiltIn(apiVersion)) {
    return {
      class: 'compensating',
      undo: `Creates the ${kind} again with the same spec and status; its uid changes, and what it owned is given back to it.`,
    };
  }
  return deferrable('nothing', `a deleted ${kind} can't be brought back as it was`);
}

function deferrable(standIn: StandIn, why: string): Classification {
  return { ...irreversible(why), standIn };
}

function finalizersOf(object: KubeObject): string[] {
  const { finalizers } = object.metadata;
  if (!Array.isArray(finalizers)) return [];
  return finalizers.filter(
    (one) => typeof one === 'string' && !PROTECTIONS.includes(one),
  ) as string[];
}

type Rule = (before: KubeObject, around: Surroundings) => Classification | undefined;

const BY_KIND: Readonly<Record<string, Rule>> = {
  'StatefulSet.apps': (before) =>
    deletesClaims(before, 'whenDeleted')
      ? irreversible(
          'persistentVolumeClaimRetentionPolicy whenDeleted: Delete removes claims and their data; set it to Retain first in this transaction',
        )
      : undefined,
  'ReplicaSet.apps': (before) =>
    isOfDeployment(before) && at(before, 'spec', 'replicas') !== 0
      ? irreversible(OF_DEPLOYMENT)
      : undefined,
  'Job.batch': (before) =>
    hasRun(before)
      ? deferrable('nothing', 'the Job has run, and creating it again would run its work once more')
      : {
          class: 'compensating',
          undo: 'Creates the Job again, which has not run yet; its uid changes.',
        },
  Pod: classifyPod,
  Secret: (before) =>
    before.type === TOKEN_TYPE
      ? {
          class: 'compensating',
          undo: 'Creates the Secret again; its controller puts a new token into it, and the old one stays invalid.',
        }
      : undefined,
  ServiceAccount: (_before, { tokens = [] }) =>
    tokens.length > 0
      ? irreversible(
          `the token controller would delete ${tokens.join(', ')} with it; delete these first in this transaction, then they come back`,
        )
      : {
          class: 'compensating',
          undo: 'Creates the ServiceAccount again; its uid changes, so tokens issued before stay invalid and pods that use it need a restart.',
        },
  PersistentVolumeClaim: classifyClaim,
  PersistentVolume: classifyVolume,
  Namespace: ({ metadata: { name } }) =>
    name === 'default' || name.startsWith('kube-')
      ? irreversible('Kubernetes itself needs this namespace')
      : deferrable(
          'quiesce',
          'everything in the namespace goes with it, and no recreate brings it back',
        ),
  Node: (_before, { users }) => {
    if (users === undefined) return irreversible('the pods on it are not known');
    if (users.length > 0)
      return irreversible(`${listed(users)} run on it; drain it first in this transaction`);
    return deferrable('cordon', 'its kubelet registers anew, without the labels and taints it has');
  },
  'CustomResourceDefinition.apiextensions.k8s.io': (_before, { instances }) => {
    if (instances === undefined) return irreversible('its objects could not be counted');
    const { count, held } = instances;
    if (count === 0)
      return {
        class: 'compensating',
        undo: 'Creates the definition again and waits until it is established; it has no objects.',
      };
    if (held.length > 0)
      return irreversible(
        `finalizers hold ${listed(held)}, which nobody could finish without the definition; delete them first`,
      );
    return deferrable('unserve', `its ${count} objects go with it`);
  },
};

function classifyPod(before: KubeObject): Classification {
  const { metadata, spec, status } = before;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return irreversible(
      'a mirror pod is made by its kubelet from a file on the node; change that file',
    );
  if (controllerOf(before) !== undefined) {
    return {
      class: 'compensating',
      undo: 'Its controller starts a replacement; the old pod does not come back.',
    };
  }
  const phase = at(status, 'phase');
  if (phase === 'Succeeded' || phase === 'Failed' || at(spec, 'restartPolicy') !== 'Always')
    return deferrable(
      'nothing',
      'no controller would replace this bare pod, and started again it would do its work once more',
    );
  const lost = objectsOf(at(spec, 'volumes'))
    .filter((volume) => isObject(volume.emptyDir) || isObject(volume.ephemeral))
    .map(({ name }) => stringOf(name) ?? '');
  if (lost.length > 0)
    return deferrable(
      'nothing',
      `no controller would replace this bare pod, and its local state would be lost (volumes ${lost.join(', ')})`,
    );
  return {
    class: 'compensating',
    undo: 'Creates the pod again with the same spec; what its containers wrote to their own file systems is lost.',
  };
}

function classifyClaim(before: KubeObject, { users, volume }: Surroundings): Classification {
  if (users === undefined) return irreversible('the pods that may use it are not known');
  if (users.length > 0)
    return irreversible(
      `${listed(users)} use it, and it would only go once they are gone; scale them down or delete them first in this transaction`,
    );
  if (stringOf(at(before, 'spec', 'volumeName')) === undefined) {
    return {
      class: 'compensating',
      undo: 'Creates the claim again; it was not bound to a volume yet.',
    };
  }
  if (volume === undefined) return irreversible('its volume could not be found');
  const policy = at(volume, 'spec', 'persistentVolumeReclaimPolicy');
  const name = volume.metadata.name;
  if (policy === 'Retain') {
    return {
      class: 'compensating',
      undo: `Creates the claim again and binds it to the same volume ${name}, which is kept (reclaim policy Retain).`,
    };
  }
  return deferrable(
    'retain',
    `the reclaim policy of its volume ${name} is ${policy}, so its data would be lost`,
  );
}

function classifyVolume(before: KubeObject): Classification {
  if (at(before, 'status', 'phase') === 'Bound') {
    const claim = ['namespace', 'name'].map((key) => stringOf(at(before, 'spec', 'claimRef', key)));
    return irreversible(
      `it is bound to PersistentVolumeClaim/${claim.join('/')}, and would only go once that is gone`,
    );
  }
  if (at(before, 'spec', 'persistentVolumeReclaimPolicy') !== 'Retain')
    return deferrable('nothing', 'its reclaim policy is not Retain, so its data may be lost');
  return {
    class: 'compensating',
    undo: 'Creates the volume object again over the same storage, which is kept (reclaim policy Retain).',
  };
}

function hasRun({ status }: KubeObject): boolean {
  return ['startTime', 'active', 'succeeded', 'failed', 'completionTime'].some(
    (field) => (at(status, field) ?? 0) !== 0,
  );
}

function listed(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `${names.slice(0, 5).join(', ')}${more}`;
}
