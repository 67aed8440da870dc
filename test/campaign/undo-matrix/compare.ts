import { equalJson, isObject, type JsonObject, stringifyJson } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import { diffPaths } from '../../../src/undo/diff.ts';
import { comparableManagedFields } from '../../../src/undo/managed-fields.ts';
import { normalise } from '../../../src/undo/normalise.ts';
import { formatPath } from '../../../src/undo/path.ts';
import { recreateBody } from '../../../src/undo/recreate.ts';
import { unknownShape } from '../../../src/undo/shape.ts';
import { LAST_APPLIED, type Objects, type Twin } from './objects.ts';
import type { Outcome } from './types.ts';

/** What there was of an object and of what it runs. */
export interface Picture {
  readonly object: KubeObject | undefined;
  readonly pods: readonly string[];
  readonly replicaSets: readonly string[];
}

const RUNS_PODS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController'];

export async function picture(objects: Objects, twin: Twin): Promise<Picture> {
  const { kind } = twin.sample;
  const object = await objects.read(twin);
  const pods = RUNS_PODS.includes(kind) ? await objects.children('pods', twin) : [];
  const replicaSets = kind === 'Deployment' ? await objects.children('replicasets', twin) : [];
  return { object, pods, replicaSets };
}

/** Compares before and after an undo; the annotation of kubectl is left out of it, for the reference's sake. */
export function compare(before: Picture, after: Picture): Outcome {
  const [was, is] = [before.object, after.object];
  const kept = (a: readonly string[], b: readonly string[]) =>
    a.length === 0 && b.length === 0 ? 'n.a.' : a.every((uid) => b.includes(uid)) ? 'yes' : 'no';
  const nothing = { ownership: 'n.a.', pods: 'n.a.', history: 'n.a.' } as const;
  if (was === undefined) {
    const gone = is === undefined || is.metadata.deletionTimestamp !== undefined;
    return {
      result: gone ? 'gone again' : 'left behind',
      exact: gone,
      equivalent: gone,
      ...nothing,
    };
  }
  if (is === undefined) return { result: 'lost', exact: false, equivalent: false, ...nothing };
  const differences = diffPaths(bare(was), bare(is), unknownShape).map(formatPath);
  const exact = equalJson(normalise(was, RULES), normalise(is, RULES));
  const owners = equalJson(comparableManagedFields(was), comparableManagedFields(is));
  const equivalent = differences.length === 0;
  return {
    result: exact ? 'exactly' : equivalent ? 'equivalent' : `differs: ${listed(differences)}`,
    exact,
    equivalent,
    ownership: owners ? 'yes' : 'no',
    pods: kept(before.pods, after.pods),
    history: kept(before.replicaSets, after.replicaSets),
  };
}

const RULES = { hasStatus: true };

/** Without what a recreate changes by nature, and without kubectl's annotation. */
function bare(object: KubeObject): KubeObject {
  const rules = { ...RULES, ignoreIdentity: true };
  const body = recreateBody(normalise(object, rules), () => undefined, rules);
  const { [LAST_APPLIED]: _applied, ...annotations } = body.metadata.annotations ?? {};
  const metadata = { ...body.metadata, annotations };
  return { ...body, metadata: metadata as KubeObject['metadata'] };
}

function listed(paths: readonly string[]): string {
  const more = paths.length > 2 ? ` and ${paths.length - 2} more` : '';
  return `${paths.slice(0, 2).join(', ')}${more}`;
}

/** The merge patch that makes one object of another (RFC 7386); lists are replaced whole. */
export function mergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [a, b] = [from[name], to[name]];
    if (equalJson(a, b)) continue;
    if (b === undefined) patch[name] = null;
    else if (isObject(a) && isObject(b)) patch[name] = mergePatch(a, b);
    else patch[name] = b;
  }
  return patch;
}

/** What a change did, as a merge patch for the twin. */
export function changeFor(before: KubeObject, after: KubeObject, ours: string, theirs: string) {
  const patch = mergePatch(normalise(before, RULES), normalise(after, RULES));
  return JSON.parse(stringifyJson(patch).replaceAll(ours, theirs)) as JsonObject;
}
