import { StratusError } from '../../core/errors.ts';
import { isObject, type Json } from '../../core/json.ts';

/**
 * Refuses whole numbers that lost digits on their way in: JSON arguments are parsed as doubles
 * before we see them, and a wrong number is worse than an error.
 * @throws StratusError invalid_arguments that names the path.
 */
export function requireExactNumbers(value: Json, path: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new StratusError(
      'invalid_arguments',
      `The number at ${path} is too large to be passed exactly as JSON.`,
      { next: 'Use mitigate_apply with the manifest as YAML text.' },
    );
  }
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      requireExactNumbers(item, `${path}[${i}]`);
    });
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) requireExactNumbers(item, `${path}.${key}`);
    }
  }
}
