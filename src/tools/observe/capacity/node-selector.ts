import {
  arrayOf,
  at,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';

/**
 * Why a pod's nodeSelector or required node affinity keeps it off a node; undefined when they don't
 * (component-helpers nodeaffinity.GetRequiredNodeAffinity).
 */
export function affinityMismatch(pod: KubeObject, node: KubeObject): string | undefined {
  const labels = objectOf(node.metadata.labels);
  const missing = Object.entries(objectOf(at(pod, 'spec', 'nodeSelector'))).filter(
    ([key, value]) => labels[key] !== value,
  );
  if (missing.length > 0) {
    const wanted = missing.map(([key, value]) => `${key}=${value}`).join(', ');
    return `lacks label ${wanted} of nodeSelector`;
  }
  const required = at(
    pod,
    'spec',
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
  );
  if (required === undefined || required === null) return undefined;
  if (matchesNodeSelector(required, node)) return undefined;
  return `matches none of the required node affinity: ${selectorText(required)}`;
}

/** A NodeSelector: its terms are alternatives, and one without any requirement matches nothing. */
export function matchesNodeSelector(selector: Json, node: KubeObject): boolean {
  return objectsOf(at(selector, 'nodeSelectorTerms')).some((term) => matchesTerm(term, node));
}

function matchesTerm(term: JsonObject, node: KubeObject): boolean {
  const expressions = objectsOf(term.matchExpressions);
  const fields = objectsOf(term.matchFields);
  if (expressions.length + fields.length === 0) return false;
  const labels = objectOf(node.metadata.labels);
  return (
    expressions.every((it) => holds(it, stringOf(labels[stringOf(it.key) ?? '']))) &&
    fields.every((it) => holds(it, it.key === 'metadata.name' ? node.metadata.name : undefined))
  );
}

function holds(requirement: JsonObject, value: string | undefined): boolean {
  const values = arrayOf(requirement.values).map(String);
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(value, values, requirement.operator);
    default:
      return false;
  }
}

function compares(value: string | undefined, values: readonly string[], operator: 'Gt' | 'Lt') {
  const [bound] = values;
  if (value === undefined || bound === undefined || values.length !== 1) return false;
  if (![value, bound].every((text) => /^[+-]?\d{1,19}$/.test(text))) return false;
  return operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

/** `zone in (a, b) and gpu exists, or …` */
export function selectorText(selector: Json): string {
  const terms = objectsOf(at(selector, 'nodeSelectorTerms')).map((term) =>
    [...objectsOf(term.matchExpressions), ...objectsOf(term.matchFields)]
      .map((it) => {
        const values = arrayOf(it.values).map(String).join(', ');
        return `${it.key} ${it.operator}${values === '' ? '' : ` (${values})`}`;
      })
      .join(' and '),
  );
  return terms.map((term) => term || 'an empty term').join(', or ');
}
