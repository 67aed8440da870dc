import { objectsOf } from '../core/json.ts';
import { deletesClaims } from './claim-retention.ts';
import {
  type Classifiable,
  type Classification,
  irreversible,
  isBuiltIn,
} from './classification.ts';
import { groupKind, RECREATABLE, WORKLOADS } from './group-kind.ts';

export function classifyDelete({ kind, apiVersion, before }: Classifiable): Classification {
  const id = groupKind(apiVersion, kind);
  if (before === undefined) return irreversible('there is no pre-image');
  if (before.metadata.deletionTimestamp !== undefined)
    return irreversible('it is being deleted already');
  if (Array.isArray(before.metadata.finalizers) && before.metadata.finalizers.length > 0) {
    return irreversible('its finalizers do cleanup that a recreate does not bring back');
  }
  if (id === 'StatefulSet.apps' && deletesClaims(before, 'whenDeleted')) {
    return irreversible(
      'persistentVolumeClaimRetentionPolicy whenDeleted: Delete removes claims and their data',
    );
  }
  if (WORKLOADS.includes(id)) {
    return {
      class: 'compensating',
      undo: `Its pods are orphaned, not killed; the undo creates the ${kind} again, which adopts them. They are removed only after commit.`,
    };
  }
  if (id === 'Pod') {
    return objectsOf(before.metadata.ownerReferences).some((owner) => owner.controller === true)
      ? {
          class: 'compensating',
          undo: 'Its controller starts a replacement; the old pod does not come back.',
        }
      : irreversible(
          'no controller would replace this bare pod, and its local state would be lost',
        );
  }
  if (RECREATABLE.includes(id)) {
    return {
      class: 'compensating',
      undo: `Creates the ${kind} again with the same spec; its uid changes.`,
    };
  }
  if (!isBuiltIn(apiVersion)) {
    return {
      class: 'compensating',
      undo: `Creates the ${kind} again with the same spec; its uid changes and what it owned is orphaned.`,
    };
  }
  return irreversible(`a deleted ${kind} can't be brought back as it was`);
}
