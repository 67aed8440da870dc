import { arrayOf, isObject, type Json, type JsonObject, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { applied, type FieldConflict, ignoredFor } from '../fields/manage.ts';
import { jsonPatch, PatchProblem } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { strategicPatch } from '../patch/strategic.ts';
import { wrong } from '../rules/causes.ts';
import { checkAddress, readObject } from './body.ts';
import { createApplied, emptyObject } from './create.ts';
import { ApiError, badRequest, invalid, notFound } from './error.ts';
import type { Machine } from './machine.ts';
import type { Target, WriteOptions, Written } from './types.ts';
import { replaceLive } from './update.ts';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

/** PATCH of an object or of its status. @throws ApiError. */
export function patchObject(
  machine: Machine,
  target: Target,
  type: PatchKind,
  patch: Json,
  options: WriteOptions,
): Written {
  if (type === 'apply') return applyObject(machine, target, patch, options);
  const { kind, namespace, name } = target;
  const live = machine.store.get(kind, namespace, name);
  if (live === undefined) throw notFound(kind, name);
  const result = patched(target, type, live, patch);
  const { object, warnings } = readObject(kind, result, options, 'patch');
  checkAddress(target, object);
  const { uid } = object.metadata;
  if (uid !== undefined && uid !== live.metadata.uid) {
    const cause = wrong('metadata.uid', uid, 'field is immutable');
    throw invalid(kind, name, [cause, cause]);
  }
  return { code: 200, object: replaceLive(machine, kind, live, object, options), warnings };
}

/** An object with a patch. @throws ApiError 400 for a patch of the wrong form, 422 for one that doesn't fit. */
export function patched(
  { kind }: Pick<Target, 'kind'>,
  type: Exclude<PatchKind, 'apply'>,
  live: JsonObject,
  patch: Json,
  schema = kind.schema,
): JsonObject {
  if (type === 'json') {
    if (!Array.isArray(patch)) {
      throw badRequest(
        'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
      );
    }
    try {
      return objectOf(jsonPatch(live, patch));
    } catch (error) {
      if (!(error instanceof PatchProblem)) throw error;
      throw new ApiError(
        422,
        'Invalid',
        `the server rejected our request due to an error in our request`,
        {},
      );
    }
  }
  if (!isObject(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  }
  const result =
    type === 'merge'
      ? mergePatch(live, patch)
      : strategicPatch({ kind: 'object', name: schema }, live, patch);
  return objectOf(result);
}

function applyObject(
  machine: Machine,
  target: Target,
  patch: Json,
  options: WriteOptions,
): Written {
  const { kind, namespace, name } = target;
  const { subresource } = options;
  if (!isObject(patch)) throw badRequest('error decoding YAML: expected an object');
  if (patch.kind === undefined || patch.apiVersion === undefined) {
    throw badRequest("error decoding patch: Object 'Kind' is missing");
  }
  if (arrayOf(objectOf(patch.metadata).managedFields).length > 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const { object: config, warnings } = readObject(kind, patch, options);
  checkAddress(target, config);
  const live = machine.store.get(kind, namespace, name);
  if (live === undefined && (subresource !== undefined || config.metadata.uid !== undefined)) {
    throw notFound(kind, name);
  }
  const writer = {
    manager: options.manager,
    apiVersion: kind.apiVersion,
    subresource: subresource ?? '',
    time: machine.timestamp(),
  };
  const type = { kind: 'object', name: kind.schema } as const;
  const ignored = ignoredFor(subresource ?? '', kind.subresources.includes('status'));
  const known = live ?? emptyObject(kind);
  const result = applied(type, known, config, writer, ignored);
  if (result.conflicts.length > 0 && options.force !== true) throw fought(result.conflicts);
  const code = live === undefined ? 201 : 200;
  const object =
    live === undefined
      ? createApplied(machine, target, result.object, options)
      : replaceLive(machine, kind, live, withPreconditions(result.object, config), options, true);
  return { code, object, warnings };
}

/** Of an apply, what it says of uid and version is meant as a precondition. */
function withPreconditions(object: KubeObject, config: KubeObject): KubeObject {
  const { uid } = config.metadata;
  const metadata = uid === undefined ? object.metadata : { ...object.metadata, uid };
  return { ...object, metadata };
}

function fought(conflicts: readonly FieldConflict[]): ApiError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${ownerText(owner)}`,
    field: path,
  }));
  const groups = new Map<string, string[]>();
  for (const { owner, path } of conflicts) {
    const key = ownerText(owner);
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const texts = [...groups].map(([owner, paths]) =>
    paths.length === 1
      ? `conflict with ${owner}: ${paths[0]}`
      : `conflicts with ${owner}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  );
  const count = conflicts.length;
  const message = `Apply failed with ${count} conflict${count === 1 ? '' : 's'}: ${texts.join('\n')}`;
  return new ApiError(409, 'Conflict', message, { causes });
}

function ownerText(owner: FieldConflict['owner']): string {
  const sub = owner.subresource === '' ? '' : ` with subresource "${owner.subresource}"`;
  const at = owner.operation === 'Update' && owner.time !== undefined ? ` at ${owner.time}` : '';
  return `"${owner.manager}"${sub} using ${owner.apiVersion}${at}`;
}
