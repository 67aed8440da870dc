import { arrayOf, at } from '../core/json.ts';
import { type Classifiable, type Classification, irreversible } from './classification.ts';
import { groupKind, LASTING } from './group-kind.ts';

export function classifyCreate({ kind, apiVersion, after }: Classifiable): Classification {
  const id = groupKind(apiVersion, kind);
  if (LASTING.includes(id)) {
    return irreversible(`creating a ${kind} has effects that deleting it does not take back`);
  }
  if (Array.isArray(after?.metadata.finalizers) && after.metadata.finalizers.length > 0) {
    return irreversible('its finalizers would hold it when it is deleted again');
  }
  if (id === 'StatefulSet.apps' && arrayOf(at(after, 'spec', 'volumeClaimTemplates')).length > 0) {
    return {
      class: 'compensating',
      undo: 'Deletes the StatefulSet again; the claims it made, and their data, stay.',
    };
  }
  if (id === 'Pod' || id === 'Job.batch') {
    return {
      class: 'compensating',
      undo: `Deletes the ${kind} again; the work it ran stays done.`,
    };
  }
  return {
    class: 'exact',
    undo: `Deletes the ${kind} again, if it is still the one created here.`,
  };
}
