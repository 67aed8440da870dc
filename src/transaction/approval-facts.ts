import { canonicalJson } from '../core/canonical.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { diffPaths } from '../undo/diff.ts';
import { normalise } from '../undo/normalise.ts';
import { formatPath } from '../undo/path.ts';
import { optionsOf } from '../undo/restore.ts';
import { valueAt } from '../undo/value-at.ts';
import type { CompiledWrite } from './compile.ts';
import type { Shapes } from './shapes.ts';

/**
 * What a person's yes to one write is bound to: which object, which change from what to what, as it will be stored,
 * and which class of undo. Real values: for a digest alone, never shown. Without the resourceVersion, for a status that
 * a controller writes changes nothing about the plan; a value that is about to be replaced does.
 */
export async function factsOf(shapes: Shapes, compiled: CompiledWrite): Promise<JsonObject> {
  const { key, base, request, classification, write } = compiled;
  const { apiVersion, kind } = key.resource;
  return {
    verb: write.verb,
    apiVersion,
    kind,
    namespace: key.namespace ?? null,
    name: key.name,
    uid: base?.uid ?? null,
    class: classification.class,
    ...('propagationPolicy' in request ? { propagation: request.propagationPolicy } : {}),
    ...(request.verb === 'evict' ? { grace: request.gracePeriodSeconds ?? null } : {}),
    changes: await changesOf(shapes, compiled),
    ...(compiled.deferral === undefined
      ? {}
      : { deferred: compiled.deferral.contents?.toString('utf8') ?? true }),
  };
}

/** One text for {@link factsOf}: two writes of the same text are the same to whoever approved one. */
export async function factText(shapes: Shapes, compiled: CompiledWrite): Promise<string> {
  return canonicalJson(await factsOf(shapes, compiled));
}

async function changesOf(shapes: Shapes, compiled: CompiledWrite): Promise<Json[]> {
  const { key, base, predicted, request } = compiled;
  if (predicted === undefined) return [];
  const options = { ...optionsOf(key), ignoreIdentity: true };
  const before = base && normalise(base.object, options);
  const after = normalise(predicted, options);
  const body = 'body' in request ? request.body : '';
  const names = GENERATED[key.resource.kind] ?? NONE;
  const madeUp = (name: unknown) =>
    typeof name === 'string' && names.test(name) && !body.includes(`${name}"`);
  const shape = await shapes.of(key);
  return diffPaths(before, after, shape).flatMap((path): Json[] => {
    const old = valueAt(before, path);
    if (old === undefined && madeUp(path.at(-1))) return [];
    const restart = path.at(-1) === RESTARTED_AT;
    const now = steadyValue(valueAt(after, path), old === undefined ? madeUp : () => false);
    const stamped = restart && typeof now === 'string' && MOMENT.test(now);
    return [[steady(formatPath(path)), old ?? null, stamped ? 'the time of the call' : now]];
  });
}

/**
 * What the API server makes up anew in each dry run where the request doesn't say it: the addresses and ports of a
 * Service, the uid that selects a Job's pods, the time of a taint.
 */
const GENERATED: Readonly<Record<string, RegExp>> = {
  Service: /^(clusterIPs?|healthCheckNodePort|nodePort)$/,
  Job: /controller-uid$/,
  Node: /^timeAdded$/,
};
const NONE = /^(?!)/;

/** A restart stamps the time of the call: the repeated call has another one, and means the same. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

/** The volume of a token that admission adds to a Pod has a random name. */
function steady(text: string): string {
  return text.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access');
}

function steadyValue(value: Json | undefined, madeUp: (name: string) => boolean): Json {
  if (value === undefined) return null;
  if (typeof value === 'string') return steady(value);
  if (Array.isArray(value)) return value.map((item) => steadyValue(item, madeUp));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !madeUp(name));
  return Object.fromEntries(kept.map(([name, item]) => [name, steadyValue(item, madeUp)]));
}
