import { isBuiltIn } from '../core/api-groups.ts';
import { at, cloneJson, isObject, type JsonObject, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { groupKind } from './group-kind.ts';
import { type NormaliseOptions, normalise } from './normalise.ts';

const SERVER_SET = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
] as const;

/** Written by the job controller, with the uid of the Job: verbatim they are refused (422). */
const JOB_LABELS = [
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
] as const;

/** What binding and provisioning left on a claim. With them a claim that is created again is Lost at once. */
const BINDING_ANNOTATIONS = [
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
] as const;

/** An autoscaler's status as `autoscaling/v1` shows it. The server drops them from what is written. */
const AUTOSCALER_STATUS = [
  'autoscaling.alpha.kubernetes.io/conditions',
  'autoscaling.alpha.kubernetes.io/current-metrics',
] as const;

/**
 * The body that creates an object again after it was deleted. Same cluster, so a Service
 * keeps its addresses and ports: if somebody took them meanwhile, the server refuses and a human decides.
 * @param ownerUid maps an owner's uid to the one alive now; undefined drops the reference, because an owner
 *   that is gone gets the object garbage-collected at once
 */
export function recreateBody(
  pre: KubeObject,
  ownerUid: (uid: string) => string | undefined,
  { hasStatus }: NormaliseOptions,
): KubeObject {
  const body = cloneJson(pre);
  const metadata: JsonObject = body.metadata;
  for (const field of SERVER_SET) delete metadata[field];
  // Where a custom resource has no such subresource, its status is data like any other.
  if (hasStatus || isBuiltIn(body.apiVersion)) delete body.status;
  const owners = objectsOf(metadata.ownerReferences).flatMap((owner) => {
    const uid = ownerUid(stringOf(owner.uid) ?? '');
    return uid === undefined ? [] : [{ ...owner, uid }];
  });
  if (owners.length > 0) metadata.ownerReferences = owners;
  else delete metadata.ownerReferences;
  stripByKind(body);
  return body;
}

/**
 * What a recreate promises to bring back: everything but the identity, and what a controller ties to that
 * identity (a Job's selector, a claim's binding, a token).
 */
export function recreatedForm(object: KubeObject, options: NormaliseOptions): KubeObject {
  const form = normalise(object, { ...options, ignoreIdentity: true });
  stripByKind(form);
  if (isBuiltIn(form.apiVersion)) delete form.status;
  return form;
}

function stripByKind(body: KubeObject): void {
  const kind = groupKind(body.apiVersion, body.kind);
  if (kind === 'Job.batch') stripJob(body);
  else if (kind === 'PersistentVolumeClaim') stripKeys(body, 'annotations', BINDING_ANNOTATIONS);
  else if (kind === 'Pod') stripPod(body);
  else if (kind === 'HorizontalPodAutoscaler.autoscaling')
    stripKeys(body, 'annotations', AUTOSCALER_STATUS);
  else if (kind === 'Secret' && body.type === TOKEN_TYPE) stripToken(body);
}

/** A Secret that the token controller fills. */
export const TOKEN_TYPE = 'kubernetes.io/service-account-token';

function stripToken(body: KubeObject): void {
  if (isObject(body.data)) {
    for (const key of ['token', 'ca.crt']) delete body.data[key];
  }
  stripKeys(body, 'annotations', ['kubernetes.io/service-account.uid']);
  // The token cleaner's mark of the day on which the token was used last.
  stripKeys(body, 'labels', ['kubernetes.io/legacy-token-last-used']);
}

function stripJob(body: KubeObject): void {
  const { spec } = body;
  if (!isObject(spec) || spec.manualSelector === true) return;
  delete spec.selector;
  stripKeys(body, 'labels', JOB_LABELS);
  if (isObject(spec.template)) stripKeys(spec.template, 'labels', JOB_LABELS);
}

/**
 * A projected token volume names no uid and is taken back as it was; the volume of a token Secret is not, for the
 * Secret may be another one by now and admission adds a volume of its own.
 */
function stripPod(body: KubeObject): void {
  const { spec } = body;
  if (!isObject(spec)) return;
  delete spec.ephemeralContainers;
  const names = tokenVolumes(spec);
  if (names.length === 0) return;
  const without = (field: string, holder: JsonObject) => {
    holder[field] = objectsOf(holder[field]).filter(
      ({ name }) => !names.includes(stringOf(name) ?? ''),
    );
  };
  without('volumes', spec);
  for (const list of ['containers', 'initContainers']) {
    for (const container of objectsOf(spec[list])) without('volumeMounts', container);
  }
}

function tokenVolumes(spec: JsonObject): string[] {
  return objectsOf(spec.volumes)
    .filter((volume) =>
      /-token-[a-z0-9]{5}$/.test(stringOf(at(volume, 'secret', 'secretName')) ?? ''),
    )
    .flatMap(({ name }) => stringOf(name) ?? []);
}

function stripKeys(
  holder: JsonObject,
  field: 'labels' | 'annotations',
  keys: readonly string[],
): void {
  const { metadata } = holder;
  if (!isObject(metadata)) return;
  const map = metadata[field];
  if (!isObject(map)) return;
  for (const key of keys) delete map[key];
  if (Object.keys(map).length === 0) delete metadata[field];
}
