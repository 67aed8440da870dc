import { controllerOf, type KubeObject } from '../core/kube.ts';

/**
 * Why nobody but the Deployment scales or deletes a ReplicaSet of its: it makes up for the missing pods with those of
 * another template, and keeps them when the ReplicaSet is back.
 */
export const OF_DEPLOYMENT =
  'its Deployment answers with pods of its other ReplicaSets, and keeps those; change the Deployment instead';

/** True where a Deployment is the controller. */
export function isOfDeployment(object: KubeObject): boolean {
  return controllerOf(object)?.kind === 'Deployment';
}
