import { type Json, stringifyJson } from '../../core/json.ts';
import type { Cause } from '../api/error.ts';

export function wrong(field: string, value: Json, why: string): Cause {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown(value)}: ${why}`,
    field,
  };
}

export function forbiddenField(field: string, why: string): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

export function missingField(field: string, why = ''): Cause {
  const message = why === '' ? 'Required value' : `Required value: ${why}`;
  return { reason: 'FieldValueRequired', message, field };
}

export function duplicate(field: string, value: Json): Cause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}`, field };
}

function shown(value: Json): string {
  return stringifyJson(value);
}
