import type { JsonObject } from '../../src/core/json.ts';
import type { Ground, Step, Symptom } from './types.ts';

/** Steps as plans need them most, in the shop's namespace. */

export function setContainer({ namespace }: Ground, name: string, change: JsonObject): Step {
  return { tool: 'mitigate_set_container', args: { namespace, name, ...change } };
}

export function scale({ namespace }: Ground, name: string, replicas: number): Step {
  return { tool: 'mitigate_scale', args: { namespace, name, replicas } };
}

/** Back to the revision before, as `kubectl rollout undo`. */
export function rollBack({ namespace }: Ground, name: string): Step {
  return { tool: 'mitigate_rollout', args: { namespace, name, action: 'undo' } };
}

/** A list is a JSON patch, an object a strategic merge patch. */
export function patch(
  { namespace }: Ground,
  kind: string,
  name: string,
  change: JsonObject | JsonObject[],
): Step {
  const type = Array.isArray(change) ? 'json' : 'strategic';
  return { tool: 'mitigate_patch', args: { namespace, kind, name, type, patch: change } };
}

export function remove({ namespace }: Ground, kind: string, name: string): Step {
  return { tool: 'mitigate_delete', args: { namespace, kind, name } };
}

/** Server-side apply; with `mode` create it may not be there yet. */
export function apply(
  { namespace }: Ground,
  manifest: JsonObject,
  mode: 'apply' | 'create' = 'apply',
): Step {
  return {
    tool: 'mitigate_apply',
    args: { namespace, manifest: JSON.stringify(manifest), mode },
  };
}

/** Several steps in order, all or nothing. */
export function batch(...steps: readonly Step[]): Step {
  const commands = steps.map(({ tool, args }) => ({ tool, arguments: args }));
  return { tool: 'mitigate_batch', args: { commands } };
}

/** What `observe_health` has to show of the shop. */
export function health(...shows: readonly (string | RegExp)[]): Symptom {
  return { tool: 'observe_health', args: ({ namespace }) => ({ namespace }), shows };
}

/** What the list of an app's pods has to show. */
export function podList(app: string, ...shows: readonly (string | RegExp)[]): Symptom {
  const label_selector = `app=${app}`;
  const args = ({ namespace }: Ground) => ({ kind: 'Pod', namespace, label_selector });
  return { tool: 'observe_list', args, shows };
}

export function events(reason: string, ...shows: readonly (string | RegExp)[]): Symptom {
  const args = ({ namespace }: Ground) => ({ namespace, reason });
  return { tool: 'observe_events', args, shows };
}
