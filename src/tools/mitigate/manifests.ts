import { z } from 'zod';
import type { LiveObject } from '../../cluster/types.ts';
import { isBuiltIn } from '../../core/api-groups.ts';
import { StratusError } from '../../core/errors.ts';
import {
  arrayOf,
  cloneJson,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  stringOf,
} from '../../core/json.ts';
import { groupOf, isKubeObject, type KubeObject } from '../../core/kube.ts';
import type { Read } from '../../transaction/types.ts';
import { requireExactNumbers } from './exact-numbers.ts';
import { parseManifestText } from './manifest-text.ts';

const anObject = z.record(z.string(), z.unknown());

export const manifestArgument = z
  .union([z.string().min(1), anObject, z.array(anObject).min(1)])
  .describe('YAML or JSON text (several documents with ---), an object, or a list of objects.');

export type ManifestArgument = z.output<typeof manifestArgument>;

// Built-in kinds that live in no namespace; an unknown custom kind is left to the API server.
const CLUSTER_SCOPED = new Set([
  'APIService',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'CSIDriver',
  'CSINode',
  'CustomResourceDefinition',
  'DeviceClass',
  'FlowSchema',
  'IngressClass',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

/**
 * The objects of a manifest, each named and placed. `namespace` fills in where a manifest names none.
 * @throws StratusError invalid_manifest that says what is missing and in which document.
 */
export function objectsOfManifest(
  manifest: ManifestArgument,
  namespace: string | undefined,
): KubeObject[] {
  const documents = typeof manifest === 'string' ? parseManifestText(manifest) : given(manifest);
  const objects = documents.flatMap(expandList).map((document, i, all) => {
    const where = all.length > 1 ? `Document ${i + 1}` : 'The manifest';
    return placed(named(document, where), namespace, where);
  });
  if (objects.length === 0) throw invalid('The manifest has no objects in it.');
  refuseTwins(objects);
  return objects;
}

function given(manifest: Exclude<ManifestArgument, string>): Json[] {
  const documents = (Array.isArray(manifest) ? manifest : [manifest]) as JsonObject[];
  requireExactNumbers(documents, 'manifest');
  // A copy: what is filled in must not reach the caller's arguments.
  return cloneJson<Json[]>(documents);
}

/** `kind: List` stands for its items. */
function expandList(document: Json): Json[] {
  const list = objectOf(document);
  return list.kind === 'List' && list.apiVersion === 'v1' ? arrayOf(list.items) : [document];
}

function named(document: Json, where: string): KubeObject {
  if (!isObject(document)) throw invalid(`${where} is no object with apiVersion and kind.`);
  const metadata = objectOf(document.metadata);
  if (stringOf(metadata.namespace ?? '') === undefined) {
    throw invalid(`${where} has a metadata.namespace that is no text.`);
  }
  if (isKubeObject(document) && document.metadata.name !== '') return document;
  if (stringOf(metadata.name) === undefined && stringOf(metadata.generateName) !== undefined) {
    throw invalid(`${where} has generateName. Give it a metadata.name: an undo needs a name.`);
  }
  const missing = [
    ...(stringOf(document.apiVersion) ? [] : ['apiVersion']),
    ...(stringOf(document.kind) ? [] : ['kind']),
    ...(stringOf(metadata.name) ? [] : ['metadata.name']),
  ];
  throw invalid(`${where} has no ${missing.join(', no ')}.`);
}

function placed(object: KubeObject, namespace: string | undefined, where: string): KubeObject {
  const own = object.metadata.namespace;
  const builtIn = isBuiltIn(object.apiVersion);
  if (builtIn && CLUSTER_SCOPED.has(object.kind)) {
    const { namespace: _, ...metadata } = object.metadata;
    return { ...object, metadata: metadata as KubeObject['metadata'] };
  }
  if (own !== undefined && namespace !== undefined && own !== namespace) {
    throw invalid(
      `${where} is for namespace "${own}", but the argument namespace is "${namespace}".`,
    );
  }
  const chosen = own ?? namespace;
  if (chosen === undefined) {
    if (!builtIn) return object;
    throw invalid(`${where} (${object.kind} ${object.metadata.name}) names no namespace.`);
  }
  return { ...object, metadata: { ...object.metadata, namespace: chosen } };
}

function refuseTwins(objects: readonly KubeObject[]): void {
  const seen = new Set<string>();
  for (const { apiVersion, kind, metadata } of objects) {
    const id = [groupOf(apiVersion), kind, metadata.namespace ?? '', metadata.name].join('/');
    if (seen.has(id)) throw invalid(`${kind} ${metadata.name} is in the manifest twice.`);
    seen.add(id);
  }
}

/** Reads each object of a manifest as it is now: `object-0`, `object-1`, … */
export function readsOf(objects: readonly KubeObject[]): Read[] {
  return objects.map(({ apiVersion, kind, metadata: { name, namespace } }, i) => ({
    as: liveName(i),
    get: {
      resource: kind,
      apiVersion,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    },
  }));
}

export const liveName = (i: number) => `object-${i}`;

/** The manifest without a namespace that was filled in for a kind which has none. */
export function fitting(object: KubeObject, live: LiveObject | undefined): KubeObject {
  if (live === undefined || live.key.resource.namespaced) return object;
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

function invalid(message: string): StratusError {
  return new StratusError('invalid_manifest', message);
}
