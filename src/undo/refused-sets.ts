import type { LiveObject } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import {
  at,
  equalJson,
  type Json,
  numberOf,
  objectOf,
  objectsOf,
  stringifyJson,
} from '../core/json.ts';
import { isControlledBy, type KubeObject } from '../core/kube.ts';
import { observed } from './stuck-pods.ts';
import { changedTemplates } from './template-changes.ts';
import type { UndoGroup, UndoPort } from './types.ts';

const HASH = 'pod-template-hash';

/**
 * A Deployment controller never scales down the ReplicaSet of a template that was taken back while the API server
 * refuses its pods and those of the restored template: it waits for one of them to become available. The day that
 * the refusal ends, pods of the undone template would start. Sets those ReplicaSets to 0; they have no pods.
 * @returns what was set, or could not be looked at, for the report
 */
export async function emptyRefusedSets(group: UndoGroup, port: UndoPort): Promise<Json[]> {
  const { key } = group;
  if (key.resource.kind !== 'Deployment' || key.resource.group !== 'apps') return [];
  const { namespace } = key;
  const ours = changedTemplates(group).map(templateOf);
  if (namespace === undefined || ours.length === 0) return [];
  const sets = await port.list('replicasets.apps', namespace).catch((error: unknown) => {
    if (error instanceof StratusError && error.code === 'forbidden') return [];
    throw error;
  });
  const refused = sets.filter(isRefused).filter((set) => {
    const template = templateOf(set.object);
    return ours.some((it) => equalJson(it, template));
  });
  // Its controller may move by itself: that is waited for only where it has something to move.
  const deployment = refused.length === 0 ? undefined : await observed(key, port);
  if (deployment === undefined) return [];
  const now = templateOf(deployment.object);
  const notes: Json[] = [];
  for (const set of refused) {
    const isOwned = isControlledBy(set.object, deployment.uid);
    if (!isOwned || equalJson(now, templateOf(set.object)) || !(await empty(set, port))) continue;
    notes.push(
      `ReplicaSet ${set.key.name} was made of the template that is taken back, and its pods were refused; it was set to 0.`,
    );
  }
  return notes;
}

function templateOf(object: KubeObject): Json {
  const template = objectOf(at(object, 'spec', 'template'));
  const metadata = objectOf(template.metadata);
  const { [HASH]: _hash, ...labels } = objectOf(metadata.labels);
  return { ...template, metadata: { ...metadata, labels } };
}

function isRefused({ object }: LiveObject): boolean {
  return (
    (numberOf(at(object, 'spec', 'replicas')) ?? 0) > 0 &&
    (numberOf(at(object, 'status', 'replicas')) ?? 0) === 0 &&
    objectsOf(at(object, 'status', 'conditions')).some(
      (it) => it.type === 'ReplicaFailure' && it.status === 'True',
    )
  );
}

/** On what was read: another change of it means that its controller can move again. */
async function empty({ key, uid, resourceVersion }: LiveObject, port: UndoPort): Promise<boolean> {
  const body = stringifyJson([
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/spec/replicas', value: 0 },
  ]);
  const outcome = await port.send({ verb: 'patch', key, patchType: 'json', body }, 'child');
  return outcome.kind === 'applied';
}
