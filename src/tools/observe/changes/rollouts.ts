import { stringOf } from '../../../core/json.ts';
import { controllerOf, describeRef, type KubeObject } from '../../../core/kube.ts';
import { redactText } from '../../../core/redact.ts';
import type { RedactionRules } from '../../../core/redact-text.ts';
import { shortText } from '../../render/untrusted.ts';
import { type Revision, revisionsOf } from '../../revisions/revisions.ts';
import type { Surroundings } from '../related/surroundings.ts';
import { imagesText, templateChanges } from './template-changes.ts';
import type { Change } from './types.ts';
import { templateWriter } from './writes.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const BEFORE = 'deployment.kubernetes.io/revision-history';
const KEPT_AS: Readonly<Record<string, string>> = {
  Deployment: 'ReplicaSet',
  StatefulSet: 'ControllerRevision',
  DaemonSet: 'ControllerRevision',
};

/** Whose rollouts are meant. */
export interface RolloutQuery {
  /** Absent: all namespaces. */
  readonly namespace: string | undefined;
  /** Absent: Deployments, StatefulSets and DaemonSets. */
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly since: number;
  readonly rules: RedactionRules;
}

/**
 * The pod templates that workloads got since then, told by the ReplicaSets and ControllerRevisions that keep them.
 * Their contents are read for what is shown only.
 */
export async function rolloutsIn(
  around: Surroundings,
  query: RolloutQuery,
): Promise<{ changes: Change[]; kept: readonly KubeObject[] }> {
  const { namespace, kind, name, since } = query;
  const wanted = kind === undefined ? Object.values(KEPT_AS) : [KEPT_AS[kind] ?? ''];
  const keepers = [...new Set(wanted)].filter((keeper) => keeper !== '');
  const lists = await Promise.all(
    keepers.map((keeper) => around.list(placeOf(keeper, namespace), { metadataOnly: true })),
  );
  const kept = lists.flat().filter((object) => {
    const owner = ownerOf(object);
    if (owner === undefined || KEPT_AS[owner.kind] !== object.kind) return false;
    return (kind ?? owner.kind) === owner.kind && (name ?? owner.name) === owner.name;
  });
  const changes = kept.flatMap((object) => {
    const at = Date.parse(stringOf(object.metadata.creationTimestamp) ?? '');
    return at >= since ? [made(object, at)] : [];
  });
  return { changes: [...changes, ...(await broughtBack())], kept };

  function made(object: KubeObject, at: number): Change {
    return {
      id: `rollout|${object.metadata.uid}`,
      at,
      what: 'rollout',
      object: ownerText(object),
      said: object.metadata.name,
      tell: async () => ({ said: await told(around, object, query) }),
    };
  }

  /** A template that a Deployment had before keeps its ReplicaSet, under a new number. */
  async function broughtBack(): Promise<Change[]> {
    const renumbered = kept.filter(
      (object) => object.metadata.annotations?.[BEFORE] !== undefined && isNewest(object, kept),
    );
    if (renumbered.length === 0) return [];
    const workloads = await around.list(placeOf('Deployment', namespace), { metadataOnly: true });
    return renumbered.flatMap((object) => {
      const owner = ownerOf(object);
      const workload = workloads.find(({ metadata }) => metadata.uid === owner?.uid);
      const writer = workload && templateWriter(workload);
      if (writer === undefined || writer.at < since) return [];
      const { annotations } = object.metadata;
      const was = numberText(String(annotations?.[BEFORE]).split(',').at(-1));
      return [
        {
          id: `back|${object.metadata.uid}`,
          at: writer.at,
          what: 'rollout' as const,
          object: ownerText(object),
          by: writer.by,
          said: `revision ${was} was brought back as ${numberText(annotations?.[REVISION])}`,
        },
      ];
    });
  }
}

/** Revision, and what it changed: `revision 3: web: image a → b`. */
async function told(
  around: Surroundings,
  object: KubeObject,
  { kind: _kind, rules }: RolloutQuery,
): Promise<string> {
  const owner = ownerOf(object);
  const siblings = await siblingsOf(around, object);
  const revisions = revisionsOf(
    { uid: owner?.uid ?? '' },
    siblings.map((it) => ({ object: it })),
  );
  const here = revisions.find(({ kept }) => kept.metadata.uid === object.metadata.uid);
  if (here === undefined) return 'a new revision, which was not kept';
  const number = madeAs(here);
  const before = revisions
    .filter((it) => madeAs(it) < number)
    .sort((a, b) => madeAs(b) - madeAs(a))[0];
  return shortText(redactText(`revision ${number}: ${difference(before, here)}`, rules), 400);
}

/** The number that it was made with: one that was brought back has been given others since. */
function madeAs({ number, kept }: Revision): number {
  const first = kept.metadata.annotations?.[BEFORE]?.split(',')[0];
  return first !== undefined && /^\d{1,9}$/.test(first) ? Number(first) : number;
}

function difference(before: Revision | undefined, here: Revision): string {
  if (before !== undefined) return templateChanges(before.template, here.template);
  return `the first that is kept, ${imagesText(here.template)}`;
}

async function siblingsOf(
  around: Surroundings,
  object: KubeObject,
): Promise<readonly KubeObject[]> {
  const { namespace } = object.metadata;
  const owner = ownerOf(object);
  const labelSelector = hashFree(object);
  const all = await around.list(placeOf(object.kind, namespace), { labelSelector });
  return all.filter((it) => ownerOf(it)?.uid === owner?.uid);
}

/** The workload's own labels: they find its other revisions without reading those of the whole namespace. */
function hashFree({ metadata }: KubeObject): string {
  const own = ['pod-template-hash', 'controller-revision-hash', 'controller.kubernetes.io/hash'];
  return Object.entries(metadata.labels ?? {})
    .filter(([key]) => !own.includes(key))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** Annotations are anybody's to write. */
function numberText(text: string | undefined): string {
  return text !== undefined && /^\d{1,9}$/.test(text) ? text : '?';
}

function isNewest(object: KubeObject, kept: readonly KubeObject[]): boolean {
  const number = (it: KubeObject) => Number(it.metadata.annotations?.[REVISION] ?? 0);
  const uid = ownerOf(object)?.uid;
  return kept.every((it) => ownerOf(it)?.uid !== uid || number(it) <= number(object));
}

function ownerOf(object: KubeObject): { kind: string; name: string; uid: string } | undefined {
  const owner = controllerOf(object);
  // The API server takes any words for the name of an owner.
  if (owner === undefined || !/^[a-z0-9][a-z0-9.-]{0,252}$/.test(String(owner.name)))
    return undefined;
  return { kind: String(owner.kind), name: String(owner.name), uid: String(owner.uid) };
}

function ownerText(object: KubeObject): string {
  const { kind = 'object', name = '' } = ownerOf(object) ?? {};
  return describeRef({ kind, namespace: object.metadata.namespace, name });
}

function placeOf(kind: string, namespace: string | undefined) {
  return { apiVersion: 'apps/v1', kind, namespace };
}
