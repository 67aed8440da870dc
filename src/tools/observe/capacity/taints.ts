import { at, type JsonObject, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';

const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** `dedicated=gpu:NoSchedule` */
export function taintText(taint: JsonObject): string {
  const value = stringOf(taint.value);
  return `${taint.key}${value ? `=${value}` : ''}:${taint.effect}`;
}

/** Why taints or a cordon keep the pod off the node, and what could not be judged. */
export function taintReasons(
  pod: KubeObject,
  node: KubeObject,
): { readonly reasons: string[]; readonly unjudged: string[] } {
  const tolerations = objectsOf(at(pod, 'spec', 'tolerations'));
  const reasons: string[] = [];
  const unjudged: string[] = [];
  const cordoned = at(node, 'spec', 'unschedulable') === true;
  const cordon = { key: UNSCHEDULABLE, effect: 'NoSchedule' };
  if (cordoned && !tolerations.some((it) => tolerates(it, cordon))) {
    reasons.push('is cordoned (unschedulable)');
  }
  for (const taint of objectsOf(at(node, 'spec', 'taints'))) {
    // PreferNoSchedule only makes a node less liked; the cordon's own taint was told already.
    if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') continue;
    if (cordoned && taint.key === UNSCHEDULABLE) continue;
    if (tolerations.some((it) => tolerates(it, taint))) continue;
    const compared = tolerations.some(
      (it) => it.key === taint.key && (it.operator === 'Gt' || it.operator === 'Lt'),
    );
    if (compared) unjudged.push(`toleration of ${taintText(taint)} by Gt or Lt`);
    else reasons.push(`has taint ${taintText(taint)} that the pod doesn't tolerate`);
  }
  return { reasons, unjudged };
}

/** As k8s.io/api Toleration.ToleratesTaint: an empty effect or key means any. */
function tolerates(toleration: JsonObject, taint: JsonObject): boolean {
  const effect = stringOf(toleration.effect) ?? '';
  if (effect !== '' && effect !== taint.effect) return false;
  const key = stringOf(toleration.key) ?? '';
  if (key !== '' && key !== taint.key) return false;
  const operator = stringOf(toleration.operator) ?? '';
  if (operator === 'Exists') return true;
  if (operator !== '' && operator !== 'Equal') return false;
  return (stringOf(toleration.value) ?? '') === (stringOf(taint.value) ?? '');
}
