import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  at,
  cloneJson,
  type JsonObject,
  objectsOf,
  stringifyJson,
} from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import { changeFor, compare, type Picture, picture } from './compare.ts';
import { LAST_APPLIED, type Objects, type Twin } from './objects.ts';
import type { MatrixCase, Outcome } from './types.ts';

/** The kubectl of KUBEBUILDER_ASSETS or PATH; undefined where there is none. */
export function findKubectl(): string | undefined {
  const { KUBEBUILDER_ASSETS: assets } = process.env;
  const candidates = [...(assets ? [join(assets, 'kubectl')] : []), 'kubectl'];
  return candidates.find(
    (path) => spawnSync(path, ['version', '--client'], { stdio: 'ignore' }).status === 0,
  );
}

export interface ReferenceParts {
  readonly objects: Objects;
  readonly kubectl: string;
  readonly folder: string;
}

/**
 * The undo that STRATUS' reference implementation makes of a command, on a twin of our object: before the command the
 * object is saved as `kubectl get -o yaml` shows it, without what only the server sets; the undo applies that file. A
 * Deployment is applied twice, first with strategy Recreate, and its ReplicaSets without replicas are deleted. What
 * was created is deleted.
 */
export async function reference(
  parts: ReferenceParts,
  given: MatrixCase,
  twin: Twin,
  ours: { readonly name: string; readonly before: Picture; readonly changed: Picture },
): Promise<Outcome> {
  const { objects } = parts;
  const before = await picture(objects, twin);
  const saved = before.object && cleaned(before.object);
  await change(parts, given, twin, ours);
  await objects.until(given.done, twin).catch(() => undefined);
  const failure = await takeBack(parts, given, twin, saved);
  await objects.until(given.back, twin).catch(() => undefined);
  const outcome = compare(before, await picture(objects, twin));
  return failure === undefined || outcome.exact
    ? outcome
    : { ...outcome, result: `${outcome.result}; kubectl: ${failure}` };
}

/** The same change by plain requests: as a person with kubectl makes it. */
async function change(
  { objects }: ReferenceParts,
  { verb }: MatrixCase,
  twin: Twin,
  { name, before, changed }: { name: string; before: Picture; changed: Picture },
): Promise<void> {
  if (verb === 'create') return objects.create(twin);
  if (verb === 'delete') return objects.remove(twin);
  if (before.object === undefined || changed.object === undefined) return;
  const patch = changeFor(before.object, changed.object, name, twin.name);
  await objects.patch(twin, patch, 'kubectl-patch');
}

async function takeBack(
  parts: ReferenceParts,
  { verb }: MatrixCase,
  twin: Twin,
  saved: KubeObject | undefined,
): Promise<string | undefined> {
  if (verb === 'create') {
    const manifest = file(parts, twin, await parts.objects.manifest(twin));
    return run(parts, ['delete', '-f', manifest, '--wait=false']);
  }
  if (saved === undefined) return undefined;
  if (twin.sample.kind !== 'Deployment') return apply(parts, twin, saved);
  const recreate = cloneJson(saved as JsonObject);
  recreate.spec = { ...(recreate.spec as JsonObject), strategy: { type: 'Recreate' } };
  const failures = [await apply(parts, twin, recreate), await apply(parts, twin, saved)];
  await clearReplicaSets(parts, twin);
  return failures.find((one) => one !== undefined);
}

const apply = (parts: ReferenceParts, twin: Twin, object: JsonObject) =>
  run(parts, ['apply', '-f', file(parts, twin, object)]);

async function clearReplicaSets({ objects }: ReferenceParts, twin: Twin): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${twin.namespace}/replicasets`;
  const { json } = await objects.cluster.request('GET', `${path}?labelSelector=app%3D${twin.name}`);
  for (const set of objectsOf(json.items)) {
    if (at(set, 'spec', 'replicas') !== 0) continue;
    const name = String(at(set, 'metadata', 'name'));
    await objects.cluster.request('DELETE', `${path}/${name}`, undefined, { allow: [404] });
  }
}

const SERVER_SET = [
  ...['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'selfLink', 'uid'],
];

function cleaned(object: KubeObject): KubeObject {
  const copy = cloneJson(object);
  const metadata: JsonObject = copy.metadata;
  for (const field of SERVER_SET) delete metadata[field];
  delete copy.status;
  if (copy.metadata.annotations !== undefined) {
    const { [LAST_APPLIED]: _applied, ...annotations } = copy.metadata.annotations;
    metadata.annotations = annotations;
  }
  return copy;
}

function file({ folder }: ReferenceParts, twin: Twin, object: JsonObject): string {
  const path = join(folder, `${twin.sample.kind}-${twin.name}.json`);
  writeFileSync(path, stringifyJson(object));
  return path;
}

/** @returns the last line of what kubectl complained about, where it failed */
function run({ kubectl, objects }: ReferenceParts, args: readonly string[]) {
  return new Promise<string | undefined>((resolve) => {
    const kubeconfig = objects.cluster.kubeconfig();
    const child = spawn(kubectl, ['--kubeconfig', kubeconfig, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : lastLine(said)));
  });
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.at(-1) ?? '').slice(0, 160);
}
