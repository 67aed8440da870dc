import { canonicalJson } from '../../core/canonical.ts';
import { equalJson, type JsonObject, numberOf, objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { wordOf } from '../api/machine.ts';
import { type Client, ownerReference } from './client.ts';
import { claim, specOf } from './pods.ts';

export const REVISION_HASH = 'controller-revision-hash';

/** The revision of the present template, made or renewed when it isn't the newest. */
export function presentRevision(client: Client, owner: KubeObject): KubeObject {
  const template: JsonObject = { ...objectOf(specOf(owner).template), $patch: 'replace' };
  const data: JsonObject = { spec: { template } };
  const all = revisionsOf(client, owner);
  const same = all.find((it) => equalJson(it.data, data));
  const newest = all.at(-1);
  const next = (numberOf(newest?.revision) ?? 0) + 1;
  if (same !== undefined) {
    return same === newest ? same : client.update({ ...same, revision: next });
  }
  const hash = wordOf(canonicalJson(template), 10);
  const labels = objectOf(objectOf(specOf(owner).selector).matchLabels);
  return client.create('ControllerRevision', owner.metadata.namespace, {
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      labels: { ...labels, 'controller.kubernetes.io/hash': hash },
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision: next,
  });
}

/** All revisions of a workload, oldest first. */
export function revisionsOf(client: Client, owner: KubeObject): KubeObject[] {
  const number = (it: KubeObject) => numberOf(it.revision) ?? 0;
  return claim(client, 'ControllerRevision', owner).sort((a, b) => number(a) - number(b));
}

/** A workload as it was at a revision. */
export function atRevision(owner: KubeObject, revision: KubeObject | undefined): KubeObject {
  const { $patch: _patch, ...template } = objectOf(
    objectOf(objectOf(revision?.data).spec).template,
  );
  if (Object.keys(template).length === 0) return owner;
  return { ...owner, spec: { ...specOf(owner), template } };
}

/** Deletes revisions beyond the limit that no pod runs. */
export function cleanRevisions(client: Client, owner: KubeObject, live: ReadonlySet<string>): void {
  const limit = numberOf(specOf(owner).revisionHistoryLimit) ?? 10;
  const idle = revisionsOf(client, owner).filter((it) => !live.has(it.metadata.name));
  for (const revision of idle.slice(0, Math.max(0, idle.length - limit))) client.remove(revision);
}
