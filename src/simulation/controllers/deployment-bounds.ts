import { type Json, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { replicasOf, specOf } from './pods.ts';

/** A number or a percentage of a whole, rounded up or down. */
export function scaledValue(value: Json | undefined, whole: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(String(value ?? '0%'));
  if (percent === null) return 0;
  const share = (whole * Number(percent[1])) / 100;
  return up ? Math.ceil(share) : Math.floor(share);
}

function isRolling(deployment: KubeObject): boolean {
  return objectOf(specOf(deployment).strategy).type === 'RollingUpdate';
}

function rolling(deployment: KubeObject) {
  return objectOf(objectOf(specOf(deployment).strategy).rollingUpdate);
}

/** Pods above the wanted number that a rollout may have. */
export function maxSurge(deployment: KubeObject): number {
  if (!isRolling(deployment)) return 0;
  return scaledValue(rolling(deployment).maxSurge, replicasOf(deployment), true);
}

/** Pods below the wanted number that a rollout may have; one where it could not move otherwise. */
export function maxUnavailable(deployment: KubeObject): number {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment) || replicas === 0) return 0;
  const most = scaledValue(rolling(deployment).maxUnavailable, replicas, false);
  const stuck = most === 0 && maxSurge(deployment) === 0;
  return stuck ? 1 : Math.min(most, replicas);
}
