import { arrayOf, equalJson } from '../../core/json.ts';
import { changed, REFUSED, SAME, type Update, type UpdateRow } from './types.ts';

/** Metadata that is one-way whatever the kind. */
export const EVERY_KIND: readonly UpdateRow[] = [
  {
    id: 'update-terminating',
    verb: 'update',
    kinds: 'every kind',
    what: 'of an object that is being deleted',
    holds: ({ after }) => after.metadata.deletionTimestamp !== undefined,
    class: 'irreversible',
    undo: 'the object is being deleted',
    verified: REFUSED,
  },
  {
    id: 'update-owners',
    verb: 'update',
    kinds: 'every kind',
    what: '`metadata.ownerReferences`',
    holds: (update) => changed(update, 'metadata', 'ownerReferences'),
    class: 'irreversible',
    undo: 'a changed ownerReference can make the garbage collector delete the object',
    verified: REFUSED,
  },
  {
    id: 'update-finalizer-removed',
    verb: 'update',
    kinds: 'every kind',
    what: '`metadata.finalizers`, one less',
    holds: losesFinalizer,
    class: 'irreversible',
    undo: 'removing a finalizer lets cleanup be skipped for good',
    verified: REFUSED,
  },
];

/** What counts when no row of the kind speaks of the update; the first that holds. */
export const OTHERWISE: readonly UpdateRow[] = [
  {
    id: 'update-custom',
    verb: 'update',
    kinds: 'custom resources',
    what: 'anything that the definition lets be taken back; what it refuses to (a transition rule) is found by the rehearsal right after the write',
    class: 'exact',
    undo: 'Puts the changed fields back; what others changed meanwhile is kept.',
    verified: SAME,
  },
  {
    id: 'update-metadata',
    verb: 'update',
    kinds: 'every kind',
    what: 'labels and annotations, a finalizer more',
    holds: onlyMetadata,
    class: 'exact',
    undo: 'Puts the changed fields back; what others changed meanwhile is kept.',
    verified: SAME,
  },
  {
    id: 'update-unknown',
    verb: 'update',
    kinds: 'every kind',
    what: 'any field of a built-in kind that this table does not name',
    class: 'irreversible',
    undo: 'nobody has shown that this field of a {kind} can be put back',
    verified: REFUSED,
  },
];

function losesFinalizer({ before, after }: Update): boolean {
  const left = arrayOf(after.metadata.finalizers);
  return arrayOf(before.metadata.finalizers).some((finalizer) => !left.includes(finalizer));
}

/** True when all that changed are labels, annotations and what the server itself numbers. */
function onlyMetadata({ before, after }: Update): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].every(
    (name) => name === 'metadata' || name === 'status' || equalJson(before[name], after[name]),
  );
}
