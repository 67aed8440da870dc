import {
  arrayOf,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';

/** A LabelSelector (matchLabels and matchExpressions) as the string that a list query takes. */
export function selectorText(selector: JsonObject): string {
  const labels = Object.entries(objectOf(selector.matchLabels)).map(([k, v]) => `${k}=${v}`);
  const expressions = objectsOf(selector.matchExpressions).map(({ key, operator, values }) => {
    const list = arrayOf(values).join(',');
    if (operator === 'In') return `${key} in (${list})`;
    if (operator === 'NotIn') return `${key} notin (${list})`;
    return operator === 'DoesNotExist' ? `!${key}` : String(key);
  });
  return [...labels, ...expressions].join(',');
}

/** Whether a LabelSelector selects these labels. An empty selector selects everything. */
export function selects(selector: JsonObject, labels: JsonObject): boolean {
  return (
    matchesAll(objectOf(selector.matchLabels), labels) &&
    objectsOf(selector.matchExpressions).every(({ key, operator, values }) => {
      const value = labels[stringOf(key) ?? ''];
      const listed = value !== undefined && arrayOf(values).includes(value);
      if (operator === 'In') return listed;
      if (operator === 'NotIn') return !listed;
      return operator === 'DoesNotExist' ? value === undefined : value !== undefined;
    })
  );
}

/** Whether a plain map of labels (a Service's selector) is part of these labels. */
export function matchesAll(wanted: JsonObject, labels: JsonObject): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

export function labelsOf(object: KubeObject | { metadata?: Json }): JsonObject {
  return objectOf(objectOf(object.metadata).labels);
}
