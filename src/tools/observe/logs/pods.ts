import { StratusError } from '../../../core/errors.ts';
import { at, objectOf, objectsOf } from '../../../core/json.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import type { ObserveContext } from '../../types.ts';
import { permit } from '../access.ts';
import { selectorText } from '../related/label-match.ts';
import { worstPodsFirst } from '../state.ts';
import { choosePlace, readTarget } from '../target.ts';

const TOOL = 'observe_logs';

/** Whose logs are asked for. */
export interface LogTarget {
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly workload?: string | undefined;
}

/**
 * The pods whose logs are meant, newest problem first.
 * @throws StratusError invalid_arguments, not_found, policy_refused.
 */
export async function findPods(
  context: ObserveContext,
  { namespace, pod, workload }: LogTarget,
): Promise<{ subject: string; namespace: string; pods: readonly KubeObject[] }> {
  if ((pod === undefined) === (workload === undefined)) {
    throw new StratusError(
      'invalid_arguments',
      'Exactly one of pod and workload has to be given.',
      {
        next: 'Give pod as a name, or workload as kind/name such as Deployment/catalog.',
      },
    );
  }
  if (pod !== undefined) {
    const place = await choosePlace(context, { kind: 'pods', namespace });
    const { object } = await readTarget(context, TOOL, place, pod.replace(/^pods?\//, ''));
    return {
      subject: describeRef({ kind: 'Pod', ...object.metadata }),
      namespace: object.metadata.namespace ?? '',
      pods: [object],
    };
  }
  return podsOfWorkload(context, workload ?? '', namespace);
}

async function podsOfWorkload(
  context: ObserveContext,
  workload: string,
  namespace: string | undefined,
): Promise<{ subject: string; namespace: string; pods: readonly KubeObject[] }> {
  const [kind, name, ...more] = workload.split('/');
  if (!kind || !name || more.length > 0) {
    throw new StratusError('invalid_arguments', 'workload is not of the form kind/name.', {
      next: 'Write it as Deployment/catalog, sts/db or service/web.',
    });
  }
  const place = await choosePlace(context, { kind, namespace });
  const { object } = await readTarget(context, TOOL, place, name);
  const subject = describeRef({ kind: object.kind, ...object.metadata });
  const inside = object.metadata.namespace;
  if (inside === undefined) throw noPods(subject);
  if (object.kind === 'Pod') return { subject, namespace: inside, pods: [object] };
  const pods = await podsIn(context, inside);
  return { subject, namespace: inside, pods: worstPodsFirst(await theirs(context, object, pods)) };

  async function podsIn(where: ObserveContext, at: string) {
    const labelSelector = selectorOf(object);
    const resource = (await where.reader.resources({ signal: where.signal })).resolveKind(
      'v1',
      'Pod',
    );
    permit(where, { tool: TOOL, resource, namespace: at });
    const query = { resource, namespace: at, ...(labelSelector ? { labelSelector } : {}) };
    const { items } = await where.reader.listAll(query, { signal: where.signal });
    return items.map((item) => ({ ...item, apiVersion: 'v1', kind: 'Pod' }));
  }
}

function selectorOf(object: KubeObject): string {
  const selector = objectOf(at(object, 'spec', 'selector'));
  const plain = object.kind === 'Service' || object.kind === 'ReplicationController';
  return selectorText(plain ? { matchLabels: selector } : selector);
}

/** Those of the pods that the workload owns, itself or through a ReplicaSet or Job. */
async function theirs(
  context: ObserveContext,
  object: KubeObject,
  pods: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const subject = describeRef({ kind: object.kind, ...object.metadata });
  if (object.kind === 'Service') {
    if (selectorOf(object) === '') throw noPods(subject);
    return pods;
  }
  const owners = new Set([object.metadata.uid ?? '']);
  const between = { Deployment: ['apps/v1', 'ReplicaSet'], CronJob: ['batch/v1', 'Job'] }[
    object.kind
  ];
  if (between) {
    const [apiVersion = '', kind = ''] = between;
    const { reader, signal } = context;
    const resource = (await reader.resources({ signal })).resolveKind(apiVersion, kind);
    const { namespace } = object.metadata;
    permit(context, { tool: TOOL, resource, namespace });
    const query = { resource, ...(namespace ? { namespace } : {}), metadataOnly: true };
    const { items } = await reader.listAll(query, { signal });
    for (const item of items) if (ownedBy(item, owners)) owners.add(item.metadata.uid ?? '');
  }
  return pods.filter((pod) => ownedBy(pod, owners));
}

function ownedBy(object: KubeObject, owners: ReadonlySet<string>): boolean {
  return objectsOf(object.metadata.ownerReferences).some((reference) =>
    owners.has(String(reference.uid)),
  );
}

function noPods(subject: string): StratusError {
  return new StratusError('invalid_arguments', `${subject} has no pods of its own.`, {
    next: 'Name a pod, or a workload such as Deployment/catalog.',
  });
}
