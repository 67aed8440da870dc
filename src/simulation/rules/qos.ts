import { type JsonObject, objectOf, objectsOf } from '../../core/json.ts';

/** The quality-of-service class of a pod from its requests and limits. */
export function qosClass(spec: JsonObject): string {
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  const all = containers.map(({ resources }) => objectOf(resources));
  const has = (part: string) => all.some((it) => Object.keys(objectOf(it[part])).length > 0);
  if (!has('requests') && !has('limits')) return 'BestEffort';
  const guaranteed = all.every((it) => {
    const [limits, requests] = [objectOf(it.limits), objectOf(it.requests)];
    return ['cpu', 'memory'].every(
      (name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name],
    );
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
