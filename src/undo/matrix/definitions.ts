import { at, equalJson, isObject, type Json, objectOf, objectsOf } from '../../core/json.ts';
import { changed, REFUSED, SAME, type Update, type UpdateRow } from './types.ts';

const DEFINITION = ['CustomResourceDefinition.apiextensions.k8s.io'];

/** A definition decides what is kept of resources that are stored already. */
export const DEFINITION_ROWS: readonly UpdateRow[] = [
  {
    id: 'definition-narrowed',
    verb: 'update',
    kinds: DEFINITION,
    what: 'a version removed, no longer served or newly stored; a property less in a schema; conversion',
    holds: (update) => isNarrowed(update),
    class: 'irreversible',
    undo: 'a changed definition may drop stored fields of its resources',
    verified: REFUSED,
  },
  {
    id: 'definition-widened',
    verb: 'update',
    kinds: DEFINITION,
    what: 'a version or a property more',
    holds: (update) => isWidened(update),
    class: 'compensating',
    undo: 'Takes what was added away again; what was stored in it meanwhile is dropped.',
    verified: SAME,
  },
  {
    id: 'definition',
    verb: 'update',
    kinds: DEFINITION,
    what: 'names, printer columns, descriptions, validation',
    class: 'exact',
    undo: 'Puts the changed fields back; what others changed meanwhile is kept.',
    verified: SAME,
  },
];

function isNarrowed(update: Update): boolean {
  const { before, after } = update;
  if (changed(update, 'spec', 'conversion') || changed(update, 'spec', 'preserveUnknownFields'))
    return true;
  const now = objectsOf(at(after, 'spec', 'versions'));
  return objectsOf(at(before, 'spec', 'versions')).some((was) => {
    const is = now.find(({ name }) => name === was.name);
    if (is === undefined || is.storage !== was.storage) return true;
    if (was.served === true && is.served !== true) return true;
    if (!equalJson(was.subresources, is.subresources)) return true;
    return !keepsAll(at(was, 'schema', 'openAPIV3Schema'), at(is, 'schema', 'openAPIV3Schema'));
  });
}

function isWidened({ before, after }: Update): boolean {
  return isNarrowed({ before: after, after: before });
}

/** True when a schema keeps every property that another one keeps: nothing stored is pruned that was not before. */
function keepsAll(was: Json | undefined, is: Json | undefined): boolean {
  if (!isObject(was)) return true;
  if (!isObject(is)) return false;
  if (is['x-kubernetes-preserve-unknown-fields'] === true) return true;
  if (was['x-kubernetes-preserve-unknown-fields'] === true) return false;
  if (was['x-kubernetes-embedded-resource'] !== is['x-kubernetes-embedded-resource']) return false;
  const left = objectOf(is.properties);
  const properties = Object.entries(objectOf(was.properties));
  if (!properties.every(([name, schema]) => name in left && keepsAll(schema, left[name])))
    return false;
  return (
    keepsAll(was.items, is.items) && keepsAll(was.additionalProperties, is.additionalProperties)
  );
}
