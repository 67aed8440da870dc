import { canonicalJson } from '../core/canonical.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { diffPaths } from '../undo/diff.ts';
import { normalise } from '../undo/normalise.ts';
import { formatPath, type Path } from '../undo/path.ts';
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
  const shape = await shapes.of(key);
  return diffPaths(before, after, shape).flatMap((path): Json[] => {
    const text = formatPath(path);
    if (isGenerated(text, body)) return [];
    const old = valueAt(before, path);
    return [[steady(text), old ?? null, steadyValue(path, valueAt(after, path)) ?? null]];
  });
}

/** What the API server makes up anew in each dry run, unless the request says what it has to be. */
const GENERATED: readonly { readonly path: RegExp; readonly field: string }[] = [
  { path: /^spec\.clusterIPs?(\[|$)/, field: 'clusterIP' },
  { path: /^spec\.healthCheckNodePort$/, field: 'healthCheckNodePort' },
  { path: /^spec\.ports(\[.*\])?\.nodePort$/, field: 'nodePort' },
  { path: /controller-uid"?\]?$/, field: 'controller-uid' },
  { path: /\.timeAdded$/, field: 'timeAdded' },
];

function isGenerated(path: string, body: string): boolean {
  return GENERATED.some((one) => one.path.test(path) && !body.includes(`${one.field}"`));
}

/** The volume of a token that admission adds to a Pod has a random name. */
function steady(text: string): string {
  return text.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access');
}

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

/** A restart stamps the time of the call: the repeated call has another one, and means the same. */
function steadyValue(path: Path, value: Json | undefined): Json | undefined {
  if (typeof value !== 'string') return value;
  if (path.at(-1) === RESTARTED_AT && MOMENT.test(value)) return 'the time of the call';
  return steady(value);
}
