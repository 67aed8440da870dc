import type { JsonObject } from '../../core/json.ts';

/** Whether one of the tolerations is for this taint. */
export function tolerates(tolerations: readonly JsonObject[], taint: JsonObject): boolean {
  return tolerations.some((it) => {
    const { key, operator, value, effect } = it;
    if (effect && effect !== taint.effect) return false;
    if (!key) return operator === 'Exists';
    if (key !== taint.key) return false;
    return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
  });
}
