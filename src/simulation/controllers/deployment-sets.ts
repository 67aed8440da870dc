import { canonicalJson } from '../../core/canonical.ts';
import { equalJson, type JsonObject, numberOf, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { wordOf } from '../api/machine.ts';
import { type Client, ownerReference } from './client.ts';
import { maxSurge } from './deployment-bounds.ts';
import { newReplicas } from './deployment-rollout.ts';
import { replicasOf, specOf } from './pods.ts';

/** A Deployment's ReplicaSets: that of its template, and the others. */
export interface Sets {
  readonly newest: KubeObject | undefined;
  readonly old: readonly KubeObject[];
}

export const REVISION = 'deployment.kubernetes.io/revision';
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAXIMUM = 'deployment.kubernetes.io/max-replicas';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const HASH = 'pod-template-hash';
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAXIMUM,
  'deprecated.deployment.rollback.to',
]);

export function annotationsOf(object: KubeObject): JsonObject {
  return objectOf(object.metadata.annotations);
}

export function revisionOf(object: KubeObject): number {
  return Number(annotationsOf(object)[REVISION] ?? 0);
}

/** The template without the hash that its ReplicaSet adds. */
export function templateOf(object: KubeObject): JsonObject {
  const template = objectOf(specOf(object).template);
  const { [HASH]: _hash, ...labels } = objectOf(objectOf(template.metadata).labels);
  return { ...template, metadata: { ...objectOf(template.metadata), labels } };
}

/** The ReplicaSet of the present template, with its revision up to date. */
export function newestSet(
  client: Client,
  deployment: KubeObject,
  owned: readonly KubeObject[],
  create: boolean,
): KubeObject | undefined {
  const wanted = templateOf(deployment);
  const found = owned
    .filter((it) => equalJson(templateOf(it), wanted))
    .sort((a, b) => created(a) - created(b))[0];
  const others = owned.filter((it) => it.metadata.uid !== found?.metadata.uid);
  const revision = Math.max(0, ...others.map(revisionOf)) + 1;
  if (found !== undefined) return create ? renewed(client, deployment, found, revision) : found;
  if (!create) return undefined;
  return made(client, deployment, owned, revision);
}

function created({ metadata }: KubeObject): number {
  return Date.parse(String(metadata.creationTimestamp ?? ''));
}

function made(
  client: Client,
  deployment: KubeObject,
  old: readonly KubeObject[],
  revision: number,
): KubeObject {
  const { name, namespace } = deployment.metadata;
  const spec = specOf(deployment);
  const template = templateOf(deployment);
  const hash = wordOf(canonicalJson(template), 9);
  const labels = { ...objectOf(objectOf(template.metadata).labels), [HASH]: hash };
  const selector = objectOf(spec.selector);
  const replicas = newReplicas(deployment, undefined, old);
  const minReady = numberOf(spec.minReadySeconds);
  const set = client.create('ReplicaSet', namespace, {
    metadata: {
      name: `${name}-${hash}`,
      labels,
      annotations: { ...copied(deployment), ...sizes(deployment), [REVISION]: String(revision) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReady === undefined ? {} : { minReadySeconds: minReady }),
      selector: { ...selector, matchLabels: { ...objectOf(selector.matchLabels), [HASH]: hash } },
      template: { ...template, metadata: { ...objectOf(template.metadata), labels } },
    },
  });
  if (replicas > 0) {
    const message = `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`;
    client.event(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
  annotate(client, deployment, revision);
  return set;
}

/** An earlier template that is wanted again gets the next revision. */
function renewed(
  client: Client,
  deployment: KubeObject,
  set: KubeObject,
  revision: number,
): KubeObject {
  const before = annotationsOf(set);
  const known = revisionOf(set);
  const next: JsonObject = { ...before, ...copied(deployment) };
  if (known < revision) {
    next[REVISION] = String(revision);
    if (known > 0) next[HISTORY] = [before[HISTORY], known].filter(Boolean).join(',');
  }
  const current = equalJson(next, before)
    ? set
    : client.update({ ...set, metadata: { ...set.metadata, annotations: strings(next) } });
  annotate(client, deployment, Math.max(known, revision));
  return current;
}

function annotate(client: Client, deployment: KubeObject, revision: number): void {
  const { namespace, name } = deployment.metadata;
  const live = client.get('Deployment', namespace, name);
  if (live === undefined || revisionOf(live) === revision) return;
  const annotations = { ...annotationsOf(live), [REVISION]: String(revision) };
  // The controller itself writes it by the status, as it does in one request.
  client.patch(live, { metadata: { annotations } }, 'status');
}

function copied(deployment: KubeObject): JsonObject {
  const all = Object.entries(annotationsOf(deployment));
  return Object.fromEntries(all.filter(([name]) => !NOT_COPIED.has(name)));
}

export function sizes(deployment: KubeObject): JsonObject {
  const desired = replicasOf(deployment);
  return { [DESIRED]: String(desired), [MAXIMUM]: String(desired + maxSurge(deployment)) };
}

export function strings(values: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** Deletes what is beyond revisionHistoryLimit, oldest first, once the rollout is through. */
export function cleanHistory(client: Client, deployment: KubeObject, { old }: Sets): void {
  const limit = numberOf(specOf(deployment).revisionHistoryLimit) ?? 10;
  const idle = old
    .filter((it) => replicasOf(it) === 0 && (numberOf(objectOf(it.status).replicas) ?? 0) === 0)
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of idle.slice(0, Math.max(0, idle.length - limit))) client.remove(set);
}
