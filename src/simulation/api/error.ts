import type { JsonObject } from '../../core/json.ts';
import { groupResource, type KindDefinition } from '../kinds.ts';

/** One cause in `details` of a Status. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** A refusal: the metav1.Status that is answered. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;
  /** Seconds, for the header Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(
    code: number,
    reason: string,
    message: string,
    details?: JsonObject,
    retryAfter?: number,
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.retryAfter = retryAfter;
  }

  toStatus(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

function detailsOf(kind: KindDefinition, name: string, causes?: readonly Cause[]): JsonObject {
  const { group, plural } = kind;
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: plural,
    ...(causes === undefined ? {} : { causes: causes.map((it) => ({ ...it })) }),
  };
}

export function notFound(kind: KindDefinition, name: string): ApiError {
  const message = `${groupResource(kind)} "${name}" not found`;
  return new ApiError(404, 'NotFound', message, detailsOf(kind, name));
}

export function noSuchPath(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(kind: KindDefinition, name: string): ApiError {
  const message = `${groupResource(kind)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(kind, name));
}

export function conflict(
  kind: KindDefinition,
  name: string,
  why: string,
  causes?: readonly Cause[],
): ApiError {
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${groupResource(kind)} "${name}": ${why}`,
    detailsOf(kind, name, causes),
  );
}

export const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** A precondition of a delete that doesn't hold: `details` has the kind itself. */
export function preconditionFailed(kind: KindDefinition, name: string, why: string): ApiError {
  const { message, reason, code, details } = conflict(kind, name, why);
  return new ApiError(code, reason, message, { ...details, kind: kind.kind });
}

export function forbidden(
  kind: KindDefinition,
  name: string,
  why: string,
  causes?: readonly Cause[],
): ApiError {
  return new ApiError(
    403,
    'Forbidden',
    `${groupResource(kind)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    detailsOf(kind, name, causes),
  );
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** What the validation of an object found. */
export function invalid(kind: KindDefinition, name: string, causes: readonly Cause[]): ApiError {
  const texts = causes.map((it) =>
    it.field === undefined ? it.message : `${it.field}: ${it.message}`,
  );
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const { group, kind: name_ } = kind;
  const full = group === '' ? name_ : `${name_}.${group}`;
  return new ApiError(422, 'Invalid', `${full} "${name}" is invalid: ${all}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: name_,
    causes: causes.map((it) => ({ ...it })),
  });
}

/** What this simulation doesn't do. It says so rather than answer something else. */
export function notSimulated(what: string): ApiError {
  return new ApiError(
    501,
    'NotImplemented',
    `This is a simulated cluster, which doesn't do that: ${what}.`,
  );
}

/** The method isn't one of this path. */
export function notAllowed(): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}
