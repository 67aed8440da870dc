import type { LiveObject, ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { isObject, type JsonObject, objectOf, stringifyJson, stringOf } from '../core/json.ts';
import { controllerOf, type KubeObject } from '../core/kube.ts';
import { UNDO_MANAGER } from '../core/managers.ts';
import { redactText } from '../core/redact.ts';
import { groupKind, WORKLOADS } from '../undo/group-kind.ts';
import { denormalise } from '../undo/normalise.ts';
import { recreateBody } from '../undo/recreate.ts';
import { optionsOf } from '../undo/restore.ts';
import { undoTarget } from '../undo/target.ts';
import { nameOfKey } from './answers.ts';
import type { CompiledWrite } from './compile.ts';
import type { EngineParts } from './parts.ts';
import type { Shapes } from './shapes.ts';
import { pauseAfterStale, STALE_ATTEMPTS } from './stale.ts';

/** What a change gives up is counted free by the controller of the quota only a moment later. */
const OVER_QUOTA = /exceeded quota/;
const COUNTED_TRIES = 6;
const COUNTED_MS = 500;

export type Rehearsal = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Dry-runs the undo of a write that was just made: the only evidence that the server
 * would accept it. Finds one-way fields and missing permissions while one step deep.
 */
export async function rehearseUndo(
  parts: EngineParts,
  shapes: Shapes,
  compiled: CompiledWrite,
  post: LiveObject | undefined,
): Promise<Rehearsal> {
  const { key, base, intentId } = compiled;
  const { verb } = compiled.write;
  if (verb === 'evict') return { ok: true };
  const options = optionsOf(key);
  const shape = await shapes.of(key);
  let live = post;
  let counted = 0;
  for (let attempt = 0; attempt < STALE_ATTEMPTS; attempt++) {
    if (live === undefined) return { ok: true };
    const step = {
      seq: 0,
      verb,
      intentId,
      pre: base?.object,
      post: post?.object,
      postUid: post?.uid,
    };
    const target = undoTarget([step], live.object, shape, options);
    const request = undoRequest(target, live, compiled);
    if (request === undefined) return { ok: true };
    const outcome = await parts.writer.dryRun(request, {
      auditId: `${intentId}-undo`,
      fieldManager: UNDO_MANAGER,
      purpose: 'undo',
    });
    if (outcome.kind === 'applied') return { ok: true };
    const reason = redactText(outcome.message, parts.policy.redaction);
    if (outcome.kind === 'rejected' && OVER_QUOTA.test(reason) && counted < COUNTED_TRIES) {
      counted += 1;
      await parts.clock.sleep(COUNTED_MS);
      live = await parts.reader.get(key);
      continue;
    }
    if (outcome.kind === 'rejected' && outcome.status === 409) {
      await pauseAfterStale(parts.clock, attempt);
      live = await parts.reader.get(key);
      continue;
    }
    return { ok: false, reason };
  }
  // Somebody writes faster than we can rehearse; the write itself was accepted on the same path.
  return {
    ok: false,
    reason: `${nameOfKey(key)} keeps changing, so its undo could not be rehearsed.`,
  };
}

function undoRequest(
  target: ReturnType<typeof undoTarget>,
  live: LiveObject,
  compiled: CompiledWrite,
): WriteRequest | undefined {
  const { key } = compiled;
  if (target.kind === 'replace') {
    const object = denormalise(target.object, live.object, optionsOf(key));
    const body = isWorkload(key) ? withoutResourceVersion(object) : object;
    return { verb: 'replace', key, body: stringifyJson(body) };
  }
  if (target.kind === 'delete') {
    return {
      verb: 'delete',
      key,
      preconditions: { uid: live.uid, resourceVersion: live.resourceVersion },
      propagationPolicy: 'Background',
    };
  }
  return undefined;
}

function isWorkload({ resource }: ObjectKey): boolean {
  return WORKLOADS.includes(groupKind(resource.apiVersion, resource.kind));
}

/**
 * A controller writes the status of a workload right after every change, so that nearly each rehearsal would be
 * stale. Nothing is stored by one, and the API server takes a PUT of these kinds without a resourceVersion.
 */
function withoutResourceVersion(object: JsonObject): JsonObject {
  const { resourceVersion: _, ...metadata } = isObject(object.metadata) ? object.metadata : {};
  return { ...object, metadata };
}

/**
 * Before a delete: dry-runs creating the object again under another name. Catches missing
 * permissions and admission that would refuse the recreate; quota and taken addresses don't count here.
 * @throws StratusError undo_impossible
 */
export async function rehearseDelete(parts: EngineParts, compiled: CompiledWrite): Promise<void> {
  const { key, base, request, intentId } = compiled;
  const kind = groupKind(key.resource.apiVersion, key.resource.kind);
  if (request.verb !== 'delete' || base === undefined) return;
  // Nothing is created again, or its name says what it is of, so that it can't have another.
  if (hasController(base.object) || kind === 'APIService.apiregistration.k8s.io') return;
  const otherName = `${key.name.slice(0, 40)}-${intentId.slice(0, 8)}`;
  const body: JsonObject = recreateBody(base.object, () => undefined, optionsOf(key));
  const definition = kind === 'CustomResourceDefinition.apiextensions.k8s.io';
  const name = definition ? renamed(body, intentId) : otherName;
  body.metadata = { ...(isObject(body.metadata) ? body.metadata : {}), name };
  if (kind === 'Service' && isObject(body.spec)) withoutAddresses(body.spec);
  const outcome = await parts.writer.dryRun(
    { verb: 'create', key: { ...key, name }, body: stringifyJson(body) },
    { auditId: `${intentId}-undo`, fieldManager: UNDO_MANAGER, purpose: 'undo' },
  );
  if (outcome.kind === 'applied') return;
  if (outcome.kind === 'rejected' && /exceeded quota|already allocated/.test(outcome.message))
    return;
  throw new StratusError(
    'undo_impossible',
    `${nameOfKey(key)} was not deleted, because creating it again would be refused: ${redactText(outcome.message, parts.policy.redaction)}`,
    { rule: 'A2 faithful undo', next: 'Choose a change that can be undone.' },
  );
}

function hasController(object: KubeObject): boolean {
  return object.kind === 'Pod' && controllerOf(object) !== undefined;
}

/** A definition is named after its kind, so that gets another name. @returns the name of the definition */
function renamed(body: JsonObject, intentId: string): string {
  const suffix = `x${intentId.slice(0, 8)}`;
  const { group, names } = objectOf(body.spec);
  const { plural, kind } = objectOf(names);
  const word = `${stringOf(plural) ?? ''}${suffix}`;
  const kinds = { kind: `${stringOf(kind) ?? ''}X`, listKind: `${stringOf(kind) ?? ''}XList` };
  body.spec = { ...objectOf(body.spec), names: { plural: word, singular: `${word}1`, ...kinds } };
  return `${word}.${stringOf(group) ?? ''}`;
}

function withoutAddresses(spec: JsonObject): void {
  for (const field of ['clusterIP', 'clusterIPs', 'healthCheckNodePort']) {
    if (spec[field] !== 'None') delete spec[field];
  }
  if (Array.isArray(spec.ports)) {
    spec.ports = spec.ports.map((port) => {
      if (!isObject(port)) return port;
      const { nodePort: _nodePort, ...rest } = port;
      return rest;
    });
  }
}
