import { arrayOf, type Json, type JsonObject, objectOf, objectsOf } from '../../core/json.ts';

/** `5s`, `3m20s`, `47m`, `5h12m`, `3d4h`, `12d`: as kubectl shows a time since. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 ? withRest(days, 'd', hours % 24, 'h') : `${days}d`;
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}

export function ageOf(timestamp: Json | undefined, now: number): string {
  const time = Date.parse(typeof timestamp === 'string' ? timestamp : '');
  return Number.isNaN(time) ? '<unknown>' : durationText(now - time);
}

/** `app=web,tier=front`, or `<none>`. */
export function selectorText(selector: JsonObject): string {
  const pairs = Object.entries(objectOf(selector.matchLabels)).map(
    ([key, value]) => `${key}=${value}`,
  );
  const more = objectsOf(selector.matchExpressions).map((it) => {
    const values = arrayOf(it.values).map(String);
    if (it.operator === 'Exists') return String(it.key);
    if (it.operator === 'DoesNotExist') return `!${String(it.key)}`;
    const word = it.operator === 'In' ? 'in' : 'notin';
    return `${String(it.key)} ${word} (${values.join(',')})`;
  });
  return [...pairs, ...more].join(',') || '<none>';
}

export function containerNames(pod: JsonObject): string {
  return objectsOf(pod.containers)
    .map((it) => String(it.name))
    .join(',');
}

export function containerImages(pod: JsonObject): string {
  return objectsOf(pod.containers)
    .map((it) => String(it.image))
    .join(',');
}

/** The column `Status` of a pod, as kubectl's printer finds it. */
export function podReason(pod: JsonObject): string {
  const status = objectOf(pod.status);
  let reason = String(status.reason ?? status.phase ?? 'Unknown');
  const init = objectsOf(status.initContainerStatuses);
  const specs = objectsOf(objectOf(pod.spec).initContainers);
  for (const [at, one] of init.entries()) {
    const state = objectOf(one.state);
    const terminated = objectOf(state.terminated);
    const waiting = objectOf(state.waiting);
    if (terminated.exitCode === 0) continue;
    if (specs[at]?.restartPolicy === 'Always' && one.started === true) continue;
    if (state.terminated !== undefined) {
      reason = `Init:${String(terminated.reason || `ExitCode:${String(terminated.exitCode)}`)}`;
    } else if (waiting.reason && waiting.reason !== 'PodInitializing') {
      reason = `Init:${String(waiting.reason)}`;
    } else reason = `Init:${at}/${specs.length}`;
    return deleting(pod, reason);
  }
  for (const one of objectsOf(status.containerStatuses).reverse()) {
    const state = objectOf(one.state);
    const terminated = objectOf(state.terminated);
    const waiting = objectOf(state.waiting);
    if (waiting.reason) reason = String(waiting.reason);
    else if (state.terminated !== undefined) {
      reason = String(terminated.reason || `ExitCode:${String(terminated.exitCode)}`);
    }
  }
  return deleting(pod, reason);
}

function deleting(pod: JsonObject, reason: string): string {
  return objectOf(pod.metadata).deletionTimestamp === undefined ? reason : 'Terminating';
}
