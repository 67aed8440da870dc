import { at, type JsonObject, objectOf, objectsOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { quantityOf } from '../core/quantity.ts';

/** Pod Security Standards, from what allows all to what allows least. */
const LEVELS = ['privileged', 'baseline', 'restricted'];

/**
 * Whether our change made an admission rule refuse less, so that its restore may refuse others' restores.
 * @param now undefined when we deleted it
 */
export function isLoosened(id: string, before: KubeObject, now: KubeObject | undefined): boolean {
  if (now === undefined) return id !== 'Namespace';
  if (id === 'Namespace') return level(now) < level(before);
  if (id === 'ResourceQuota') return allowsMore(objectOf(at(before, 'spec', 'hard')), now);
  if (Array.isArray(before.webhooks)) return strict(now).length < strict(before).length;
  const [was, is] = [before, now].map((object) => at(object, 'spec', 'failurePolicy') !== 'Ignore');
  const [denied, denies] = [before, now].map(isDenying);
  return (was === true && is === false) || (denied === true && denies === false);
}

function level({ metadata }: KubeObject): number {
  const name = metadata.labels?.['pod-security.kubernetes.io/enforce'] ?? '';
  return Math.max(0, LEVELS.indexOf(name));
}

/** Webhooks that refuse when they can't be asked. */
function strict({ webhooks }: KubeObject) {
  return objectsOf(webhooks).filter(({ failurePolicy }) => failurePolicy !== 'Ignore');
}

function isDenying({ spec }: KubeObject): boolean {
  const actions = at(spec, 'validationActions');
  return Array.isArray(actions) && actions.includes('Deny');
}

function allowsMore(hard: JsonObject, now: KubeObject): boolean {
  return Object.entries(hard).some(([name, value]) => {
    const is = at(now, 'spec', 'hard', name);
    if (is === undefined) return true;
    const [before, after] = [value, is].map(quantityOf);
    return before !== undefined && after !== undefined && after > before;
  });
}
