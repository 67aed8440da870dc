import type { Json } from '../core/json.ts';
import { isKubeObject } from '../core/kube.ts';
import { jsonIn } from './status.ts';
import type { LiveObject, ObjectKey } from './types.ts';

/**
 * The bytes as a live object; `undefined` when they hold no Kubernetes object. uid and
 * resourceVersion are empty for what is computed and not stored (metrics.k8s.io).
 */
export function liveObject(key: ObjectKey, bytes: Buffer): LiveObject | undefined {
  const object: Json | undefined = jsonIn(bytes);
  if (!isKubeObject(object) || object.kind === 'Status') return undefined;
  const { uid = '', resourceVersion = '' } = object.metadata;
  return { key, bytes, object, uid, resourceVersion };
}
