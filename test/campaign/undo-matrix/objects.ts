import {
  at,
  type JsonObject,
  objectsOf,
  parseJson,
  stringifyJson,
  stringOf,
} from '../../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../../src/core/kube.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import type { Condition, KindSample } from './types.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** One object of a case: ours or the reference's. */
export interface Twin {
  readonly sample: KindSample;
  readonly name: string;
  readonly namespace: string;
}

/** Arranges and reads objects straight at the API server, past everything that is measured. */
export class Objects {
  readonly cluster: ControlPlaneClient;
  readonly #resources = new Map<string, Promise<JsonObject[]>>();

  constructor(cluster: ControlPlaneClient) {
    this.cluster = cluster;
  }

  /** True when the API server has that kind. */
  async isServed({ apiVersion, kind }: Pick<KindSample, 'apiVersion' | 'kind'>): Promise<boolean> {
    return (await this.#resource(apiVersion, kind)) !== undefined;
  }

  async isNamespaced({ apiVersion, kind }: KindSample): Promise<boolean> {
    return (await this.#resource(apiVersion, kind))?.namespaced === true;
  }

  async read(twin: Twin): Promise<KubeObject | undefined> {
    const { status, text } = await this.cluster.request('GET', await this.#url(twin), undefined, {
      allow: [404],
    });
    if (status === 404) return undefined;
    const object = parseJson(text);
    if (!isKubeObject(object)) throw new Error(`no object: ${text}`);
    return object;
  }

  /** The manifest of a twin, with its name and, where it has one, its namespace. */
  async manifest({ sample, name, namespace }: Twin): Promise<JsonObject> {
    const { apiVersion, kind } = sample;
    const made = sample.manifest(name);
    const place = (await this.isNamespaced(sample)) ? { namespace } : {};
    const metadata = { ...(made.metadata as JsonObject | undefined), name, ...place };
    return { apiVersion, kind, ...made, metadata };
  }

  /** As `kubectl apply` creates: with its annotation, and as its field manager. */
  async create(twin: Twin): Promise<void> {
    const manifest = await this.manifest(twin);
    const { manager = 'kubectl-client-side-apply' } = twin.sample;
    const metadata = manifest.metadata as JsonObject;
    const applied = { [LAST_APPLIED]: `${stringifyJson(manifest)}\n` };
    const annotations = { ...(metadata.annotations as JsonObject | undefined), ...applied };
    const url = (await this.#url(twin)).replace(/\/[^/]+$/, '');
    const body = { ...manifest, metadata: { ...metadata, annotations } };
    await this.cluster.request('POST', `${url}?fieldManager=${manager}`, stringifyJson(body));
  }

  /** As another person does it. */
  async patch(twin: Twin, patch: JsonObject, manager = 'kubectl-edit'): Promise<void> {
    const url = `${await this.#url(twin)}?fieldManager=${manager}`;
    await this.cluster.request('PATCH', url, stringifyJson(patch));
  }

  /** Takes it away for good, whatever holds it. */
  async remove(twin: Twin): Promise<void> {
    const url = await this.#url(twin);
    await this.cluster.request('DELETE', url, undefined, { allow: [404, 409, 403] });
    if (twin.sample.kind === 'StatefulSet') await this.#removeClaims(twin);
    const live = await this.read(twin);
    if (live?.metadata.finalizers !== undefined && twin.sample.kind !== 'Namespace') {
      const patch = stringifyJson({ metadata: { finalizers: null } });
      await this.cluster.request('PATCH', url, patch, { allow: [404, 409, 422] });
    }
  }

  /** They outlive their StatefulSet, and one that no volume fits is ill for ever: another case would see it. */
  async #removeClaims({ namespace, name }: Twin): Promise<void> {
    const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
    await this.cluster.request('DELETE', `${claims}?labelSelector=app%3D${name}`);
  }

  /** uids of what a workload's controller made, by the label that its samples select. */
  async children(plural: 'pods' | 'replicasets', { name, namespace }: Twin): Promise<string[]> {
    const root = plural === 'pods' ? '/api/v1' : '/apis/apps/v1';
    const path = `${root}/namespaces/${namespace}/${plural}?labelSelector=app%3D${name}`;
    const { json } = await this.cluster.request('GET', path);
    return objectsOf(json.items)
      .filter((child) => at(child, 'metadata', 'deletionTimestamp') === undefined)
      .map((child) => stringOf(at(child, 'metadata', 'uid')) ?? '')
      .sort();
  }

  async until(condition: Condition | undefined, twin: Twin): Promise<void> {
    if (condition === undefined || condition === 'none') return;
    const { kind } = twin.sample;
    await this.cluster.waitFor(
      `${kind} ${twin.name} ${condition}`,
      async () => {
        const object = await this.read(twin);
        if (object === undefined) return undefined;
        return CONDITIONS[condition](object, await this.children('pods', twin));
      },
      60_000,
    );
  }

  async #resource(apiVersion: string, kind: string): Promise<JsonObject | undefined> {
    const known = this.#resources.get(apiVersion) ?? this.#list(apiVersion);
    this.#resources.set(apiVersion, known);
    return (await known).find((one) => one.kind === kind && !String(one.name).includes('/'));
  }

  async #list(apiVersion: string): Promise<JsonObject[]> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { json } = await this.cluster.request('GET', root, undefined, { allow: [404] });
    return objectsOf(json.resources);
  }

  async #url({ sample, name, namespace }: Twin): Promise<string> {
    const { apiVersion, kind } = sample;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = await this.#resource(apiVersion, kind);
    if (resource === undefined) throw new Error(`the API server has no ${kind} in ${apiVersion}`);
    const place = resource.namespaced === true ? `/namespaces/${namespace}` : '';
    return `${root}${place}/${resource.name}/${name}`;
  }
}

type Check = (object: KubeObject, pods: readonly string[]) => boolean;

const CONDITIONS: Readonly<Record<Exclude<Condition, 'none'>, Check>> = {
  observed: isObserved,
  bound: (object) => at(object, 'status', 'phase') === 'Bound',
  owned: (object) => objectsOf(object.metadata.ownerReferences).length > 0,
  'at rest': (object, pods) => isObserved(object) && isAtRest(object, pods.length),
  'under way': (object) => isObserved(object) && isUnderWay(object),
};

function isObserved({ metadata, status }: KubeObject): boolean {
  const seen = at(status, 'observedGeneration');
  return seen === undefined || seen === metadata.generation;
}

function isAtRest({ kind, spec, status }: KubeObject, pods: number): boolean {
  const count = (field: string) => at(status, field) ?? 0;
  const wanted = at(spec, 'replicas') ?? 1;
  if (kind === 'Pod') return objectsOf(at(status, 'conditions')).some(isReady);
  if (kind === 'Deployment') {
    if (at(spec, 'paused') === true) return count('observedGeneration') !== 0;
    const counts = ['replicas', 'updatedReplicas', 'availableReplicas'];
    return counts.every((field) => count(field) === wanted) && pods === wanted;
  }
  if (kind === 'StatefulSet') {
    const counts = ['replicas', 'readyReplicas', 'updatedReplicas'];
    const same = at(status, 'currentRevision') === at(status, 'updateRevision');
    return same && counts.every((field) => count(field) === wanted) && pods === wanted;
  }
  if (kind === 'DaemonSet') {
    const nodes = count('desiredNumberScheduled');
    const counts = ['updatedNumberScheduled', 'numberAvailable', 'currentNumberScheduled'];
    return Number(nodes) > 0 && counts.every((field) => count(field) === nodes);
  }
  return count('readyReplicas') === wanted && pods === wanted;
}

function isReady(condition: JsonObject): boolean {
  return condition.type === 'Ready' && condition.status === 'True';
}

/** A pod of the new template is there, and not all are. */
function isUnderWay({ kind, status }: KubeObject): boolean {
  const count = (field: string) => Number(at(status, field) ?? 0);
  if (kind === 'Deployment')
    return count('updatedReplicas') > 0 && count('unavailableReplicas') > 0;
  if (kind === 'DaemonSet') return count('updatedNumberScheduled') > 0;
  return count('updatedReplicas') > 0;
}
