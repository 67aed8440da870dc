import { arrayOf, type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';

export type Labels = Readonly<Record<string, unknown>>;

/** Whether labels match a LabelSelector; an empty one matches everything, none matches nothing. */
export function matchesSelector(selector: JsonObject | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(objectOf(selector.matchLabels));
  if (equal.some(([key, value]) => labels[key] !== value)) return false;
  return objectsOf(selector.matchExpressions).every((it) => {
    const key = stringOf(it.key) ?? '';
    return holds(labels, key, stringOf(it.operator) ?? '', arrayOf(it.values).map(String));
  });
}

/** One requirement of a selector; also of node affinity. */
export function holds(
  labels: Labels,
  key: string,
  operator: string,
  values: readonly string[],
): boolean {
  const value = labels[key];
  const text = value === undefined ? undefined : String(value);
  switch (operator) {
    case 'In':
      return text !== undefined && values.includes(text);
    case 'NotIn':
      return text === undefined || !values.includes(text);
    case 'Exists':
      return text !== undefined;
    case 'DoesNotExist':
      return text === undefined;
    case 'Gt':
      return text !== undefined && Number(text) > Number(values[0]);
    case 'Lt':
      return text !== undefined && Number(text) < Number(values[0]);
    default:
      return false;
  }
}

/** Whether labels have all pairs of a map selector (a Service's); an empty one matches nothing. */
export function matchesPairs(pairs: Labels, labels: Labels): boolean {
  const entries = Object.entries(pairs);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

/** `a=b,c!=d,e in (x,y),!f,g`: undefined when it can't be parsed. */
export function parseLabelSelector(text: string): ((labels: Labels) => boolean) | undefined {
  const parts = text.trim() === '' ? [] : text.split(/,(?![^(]*\))/);
  const tests: ((labels: Labels) => boolean)[] = [];
  for (const part of parts) {
    const one = requirement(part.trim());
    if (one === undefined) return undefined;
    tests.push(one);
  }
  return (labels) => tests.every((test) => test(labels));
}

const KEY = '([A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)';
const SET = new RegExp(`^${KEY}\\s+(in|notin)\\s*\\(([^)]*)\\)$`);
const EQUAL = new RegExp(`^${KEY}\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(`^(!?)\\s*${KEY}$`);

function requirement(text: string): ((labels: Labels) => boolean) | undefined {
  const set = SET.exec(text);
  if (set !== null) {
    const [, key = '', operator = '', list = ''] = set;
    const values = list.split(',').map((it) => it.trim());
    return (labels) => holds(labels, key, operator === 'in' ? 'In' : 'NotIn', values);
  }
  const equal = EQUAL.exec(text);
  if (equal !== null) {
    const [, key = '', operator = '', value = ''] = equal;
    return (labels) => holds(labels, key, operator === '!=' ? 'NotIn' : 'In', [value]);
  }
  const exists = EXISTS.exec(text);
  if (exists === null) return undefined;
  const [, not = '', key = ''] = exists;
  return (labels) => holds(labels, key, not === '' ? 'Exists' : 'DoesNotExist', []);
}
