import { type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { KindDefinition } from '../kinds.ts';
import { type Decoded, decode, WrongType } from '../rules/decode.ts';
import { ApiError, badRequest } from './error.ts';
import type { Target, WriteOptions } from './types.ts';

/**
 * A request's object as its kind understands it.
 * @throws ApiError 400 for one of another kind, of wrong types, or with unknown fields when strict.
 */
export function readObject(
  kind: KindDefinition,
  body: JsonObject,
  options: Pick<WriteOptions, 'validation'>,
  from: 'body' | 'patch' = 'body',
): { object: KubeObject; warnings: string[] } {
  const { apiVersion, kind: name } = body;
  if ((apiVersion ?? kind.apiVersion) !== kind.apiVersion) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${kind.apiVersion})`,
    );
  }
  if ((name ?? kind.kind) !== kind.kind) {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${String(name)}" is registered`,
    );
  }
  const decoded = decodeOr400(kind, body, from);
  const warnings = decoded.unknown.map((path) => `unknown field "${path}"`);
  if (warnings.length > 0 && options.validation === 'Strict') {
    const why = `strict decoding error: ${warnings.join(', ')}`;
    if (from === 'patch') {
      const cause = {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${why}`,
        field: 'patch',
      };
      throw new ApiError(422, 'Invalid', ` "" is invalid: patch: ${cause.message}`, {
        causes: [cause],
      });
    }
    throw badRequest(cannotBeHandled(kind, why));
  }
  const object = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...decoded.value,
    metadata: objectOf(decoded.value.metadata),
  } as KubeObject;
  return { object, warnings: options.validation === 'Warn' ? warnings : [] };
}

function decodeOr400(kind: KindDefinition, body: JsonObject, from: 'body' | 'patch'): Decoded {
  try {
    return decode(kind.schema, body);
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    throw badRequest(from === 'patch' ? error.message : cannotBeHandled(kind, error.message));
  }
}

function cannotBeHandled(kind: KindDefinition, why: string): string {
  return `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`;
}

/** @throws ApiError 400 where the object names another one than the URL. */
export function checkAddress(target: Target, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  if (name && target.name !== '' && name !== target.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  if (namespace && target.namespace !== undefined && namespace !== target.namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
}
