import { ApiError, badRequest, invalid } from '../api/error.ts';
import type { WriteOptions } from '../api/types.ts';
import type { KindDefinition } from '../kinds.ts';
import type { Request } from './request.ts';

/** What a write's query says. @throws ApiError 400, 422. */
export function writeOptions(kind: KindDefinition, { query, userAgent }: Request): WriteOptions {
  const validation = query.get('fieldValidation') ?? 'Warn';
  if (validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore') {
    throw badRequest(`fieldValidation: Unsupported value: "${validation}"`);
  }
  const agent = userAgent.split('/')[0] || 'unknown';
  return {
    manager: query.get('fieldManager') || agent,
    dryRun: isDryRun(kind, query),
    validation,
    force: isTrue(query.get('force')),
  };
}

/** @throws ApiError 422 for anything but `All`. */
export function isDryRun(kind: KindDefinition, query: URLSearchParams): boolean {
  const value = query.get('dryRun');
  if (value === null || value === '') return false;
  if (value === 'All') return true;
  const message = `Unsupported value: "${value}": supported values: "All"`;
  throw invalid({ ...kind, kind: 'WriteOptions', group: 'meta.k8s.io' }, '', [
    { reason: 'FieldValueNotSupported', message, field: 'dryRun' },
  ]);
}

/** @throws ApiError 422 where `force` or the manager don't fit the kind of patch. */
export function checkForce(type: string, { query }: Request): void {
  const options = { kind: 'PatchOptions', group: 'meta.k8s.io' };
  const cause =
    type === 'apply' && !query.get('fieldManager')
      ? {
          field: 'fieldManager',
          reason: 'FieldValueRequired',
          message: 'Required value: is required for apply patch',
        }
      : type !== 'apply' && query.has('force')
        ? {
            field: 'force',
            reason: 'FieldValueForbidden',
            message: 'Forbidden: may not be specified for non-apply patch',
          }
        : undefined;
  if (cause === undefined) return;
  throw new ApiError(
    422,
    'Invalid',
    `PatchOptions.meta.k8s.io "" is invalid: ${cause.field}: ${cause.message}`,
    {
      ...options,
      causes: [cause],
    },
  );
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1' || value === '';
}
