import { StratusError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject, objectsOf, stringOf } from '../core/json.ts';
import { isMark } from '../undo/marks.ts';
import { isIgnoredAnnotation } from '../undo/normalise.ts';
import type { PlannedWrite } from './types.ts';

/** Metadata that is the server's or carries our preconditions; a caller's value would defeat the undo. */
const RESERVED: readonly string[] = [
  'resourceVersion',
  'uid',
  'managedFields',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'generateName',
];

/**
 * Refuses writes that name what only the server or we may set.
 * @throws StratusError invalid_arguments that names the field
 */
export function refuseReserved(write: PlannedWrite, lease?: string): void {
  const { kind, namespace, name } = write.object;
  const itself = kind === 'Lease' && lease === `${namespace}/${name}`;
  const around =
    kind === 'Namespace' && write.verb === 'delete' && lease?.startsWith(`${name}/`) === true;
  if (itself || around) {
    throw new StratusError('irreversible', `The Lease ${lease} is what lets this server write.`, {
      rule: 'A1 writer exclusivity',
      next: itself
        ? 'A person frees it with: stratus-mcp lease break --note "…"'
        : 'A person names another Lease for all servers first, with --lease NAMESPACE/NAME.',
    });
  }
  if (write.verb === 'delete' || write.verb === 'evict') return;
  if (write.verb === 'patch' && write.patchType === 'json') {
    for (const operation of objectsOf(write.patch)) refuseOperation(operation);
    return;
  }
  const body = write.verb === 'patch' ? write.patch : write.manifest;
  if (isObject(body) && isObject(body.metadata)) refuseMetadata(body.metadata);
}

function refuseMetadata(metadata: JsonObject): void {
  for (const field of RESERVED) {
    if (metadata[field] !== undefined) throw reserved(`metadata.${field}`);
  }
  for (const map of [metadata.labels, metadata.annotations]) {
    for (const name of Object.keys(isObject(map) ? map : {})) refuseName(name);
  }
}

function refuseOperation(operation: JsonObject): void {
  if (operation.op === 'test') return;
  for (const pointer of [stringOf(operation.path), stringOf(operation.from)]) {
    if (pointer !== undefined) refusePointer(pointer, operation.value);
  }
}

function refusePointer(pointer: string, value: Json | undefined): void {
  const [, root, field, name] = pointer.split('/').map(decodeToken);
  if (root === undefined || root === '') throw reserved('the whole object');
  if (root !== 'metadata') return;
  if (field === undefined) throw reserved('metadata as a whole');
  if (RESERVED.includes(field) || field === 'name' || field === 'namespace') {
    throw reserved(`metadata.${field}`);
  }
  if (name !== undefined) refuseName(name);
  else if (isObject(value)) for (const key of Object.keys(value)) refuseName(key);
}

/** RFC 6901. */
function decodeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function refuseName(name: string): void {
  if (isMark(name)) throw reserved(name);
  if (isIgnoredAnnotation(name)) {
    throw new StratusError('invalid_arguments', `${name} is numbered by its controller.`, {
      next: 'Leave it out and call again.',
    });
  }
}

function reserved(what: string): StratusError {
  return new StratusError('invalid_arguments', `A change may not set ${what}.`, {
    rule: 'A2 faithful undo',
    next: 'Leave it out: the API server sets it, and the transaction adds its own preconditions.',
  });
}
