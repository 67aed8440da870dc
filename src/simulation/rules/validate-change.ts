import {
  arrayOf,
  equalJson,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringifyJson,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Cause } from '../api/error.ts';
import { forbiddenField, wrong } from './causes.ts';

const IMMUTABLE = 'field is immutable';

/** What of an object may not change any more. */
export function changeProblems(kind: string, after: KubeObject, before: KubeObject): Cause[] {
  return [...finalizerProblems(after, before), ...specProblems(kind, after, before)];
}

/** What is being deleted can lose finalizers, but not gain any. */
function finalizerProblems({ metadata }: KubeObject, before: KubeObject): Cause[] {
  if (before.metadata.deletionTimestamp === undefined) return [];
  const known = arrayOf(before.metadata.finalizers);
  const added = arrayOf(metadata.finalizers).filter((it) => !known.includes(it));
  if (added.length === 0) return [];
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${stringifyJson(added)}`;
  const cause = forbiddenField('metadata.finalizers', why);
  return [cause, cause];
}

function specProblems(kind: string, after: KubeObject, before: KubeObject): Cause[] {
  const [now, was] = [objectOf(after.spec), objectOf(before.spec)];
  const fixed = (...fields: string[]): Cause[] =>
    fields
      .filter((field) => !equalJson(now[field], was[field]))
      .map((field) => wrong(`spec.${field}`, now[field] ?? null, IMMUTABLE));
  switch (kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'DaemonSet':
      return fixed('selector');
    case 'StatefulSet':
      return statefulSet(now, was);
    case 'Job':
      return fixed('selector', 'completionMode', ...jobTemplate(now, was));
    case 'Pod':
      return podChange(now, was);
    case 'Service':
      return service(now, was);
    case 'PersistentVolumeClaim':
      return claim(now, was);
    case 'ConfigMap':
    case 'Secret':
      return immutable(after, before);
    case 'PriorityClass':
      return equalJson(after.value, before.value)
        ? []
        : [forbiddenField('value', 'may not be changed in an update.')];
    default:
      return [];
  }
}

const STS_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function statefulSet(now: JsonObject, was: JsonObject): Cause[] {
  const rest = (spec: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(spec).filter(([name]) => !STS_MUTABLE.includes(name)));
  if (equalJson(rest(now), rest(was))) return [];
  const names =
    "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";
  return [
    forbiddenField(
      'spec',
      `updates to statefulset spec for fields other than ${names} are forbidden`,
    ),
  ];
}

function jobTemplate(now: JsonObject, was: JsonObject): string[] {
  const suspended = was.suspend === true;
  return suspended || equalJson(now.template, was.template) ? [] : ['template'];
}

/** Of a running pod only images, deadlines and new tolerations may change. */
function podChange(now: JsonObject, was: JsonObject): Cause[] {
  const images = (spec: JsonObject, list: string, other: JsonObject): Json =>
    objectsOf(spec[list]).map((container, at) => ({
      ...container,
      image: objectsOf(other[list])[at]?.image,
    }));
  const rest = (spec: JsonObject): JsonObject => ({
    ...spec,
    containers: images(spec, 'containers', was),
    initContainers: images(spec, 'initContainers', was),
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    terminationGracePeriodSeconds: undefined,
  });
  const grown = objectsOf(was.tolerations).every((it) =>
    objectsOf(now.tolerations).some((one) => equalJson(one, it)),
  );
  if (equalJson(rest(now), rest(was)) && grown) return [];
  const names =
    '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
  return [forbiddenField('spec', `pod updates may not change fields other than ${names}`)];
}

function service(now: JsonObject, was: JsonObject): Cause[] {
  if (was.type === 'ExternalName' || now.type === 'ExternalName') return [];
  if (!was.clusterIP || equalJson(now.clusterIP, was.clusterIP)) return [];
  const given = Array.isArray(now.clusterIPs) ? now.clusterIPs : [];
  return [wrong('spec.clusterIPs[0]', given[0] ?? now.clusterIP ?? '', 'may not change once set')];
}

function claim(now: JsonObject, was: JsonObject): Cause[] {
  const rest = (spec: JsonObject): JsonObject => ({
    ...spec,
    resources: undefined,
    volumeAttributesClassName: undefined,
    volumeName: was.volumeName === undefined ? undefined : spec.volumeName,
  });
  if (equalJson(rest(now), rest(was))) return [];
  const why =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbiddenField('spec', why)];
}

function immutable(after: KubeObject, before: KubeObject): Cause[] {
  if (before.immutable !== true) return [];
  const why = `${IMMUTABLE} when \`immutable\` is set`;
  const causes: Cause[] = [];
  if (after.immutable !== true) causes.push(forbiddenField('immutable', why));
  for (const field of ['data', 'binaryData']) {
    if (!equalJson(after[field], before[field])) causes.push(forbiddenField(field, why));
  }
  return causes;
}
