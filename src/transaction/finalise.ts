import type { WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, isObject, objectsOf, parseJson } from '../core/json.ts';
import { isKubeObject, type KubeObject } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';
import { COMMAND_MANAGER } from '../undo/managed-fields.ts';
import { INTENT_LABEL } from '../undo/marks.ts';

import { resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import { unlabelRequest } from './request.ts';
import { keyOfStep } from './take-back.ts';

const ATTEMPTS = 8;

/** Which pods and ReplicaSets an orphaning delete left behind, by the kind of the deleted workload. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['replicasets.apps'],
  ReplicaSet: ['pods'],
  StatefulSet: ['pods'],
  DaemonSet: ['pods'],
};

/**
 * What is left to do once the commit is decided: our marks go away, and so do the pods of a workload whose delete
 * was held reversible until now. Idempotent, so that a crash in the middle is continued by running it again.
 */
export async function finalise(parts: EngineParts, transaction: string): Promise<void> {
  for (const step of parts.journal.transactions.steps(transaction)) {
    if (step.state !== 'VERIFIED' && step.state !== 'APPLIED') continue;
    if (step.uid === null) await unlabel(parts, step);
    else if (step.verb === 'delete') await removeOrphans(parts, transaction, step);
  }
}

async function unlabel(parts: EngineParts, step: StepRow): Promise<void> {
  const key = await keyOfStep(parts, step);
  await insist(parts, async () => {
    const live = await parts.reader.get(key);
    if (live === undefined || live.object.metadata.labels?.[INTENT_LABEL] !== step.intentId)
      return undefined;
    return unlabelRequest(live);
  });
}

async function removeOrphans(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
): Promise<void> {
  const bytes = parts.journal.transactions.image(transaction, step.seq, 'pre');
  const pre = bytes && parseJson(bytes.toString('utf8'));
  if (!isKubeObject(pre)) return;
  const labels = at(pre, 'spec', 'selector', 'matchLabels');
  if (!isObject(labels) || step.namespace === null) return;
  // A selector with expressions is not narrowed to labels: then the orphans stay, rather than too much going.
  if (objectsOf(at(pre, 'spec', 'selector', 'matchExpressions')).length > 0) return;
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
  for (const word of CHILDREN[step.kind] ?? []) {
    const resource = await resolveFresh(parts.reader, (all) => all.resolve(word));
    const { items } = await parts.reader.listAll({
      resource,
      namespace: step.namespace,
      labelSelector,
    });
    for (const item of items.filter((one) => isOrphan(one, pre))) {
      const key = { resource, namespace: step.namespace, name: item.metadata.name };
      parts.journal.audit.append({
        kind: 'step',
        transaction,
        namespace: step.namespace,
        object: `${resource.kind}/${key.name}`,
        outcome: 'FINALIZING',
        detail: {
          how: `deleted after commit: left behind by the deleted ${step.kind} ${step.name}`,
        },
      });
      await insist(parts, async () => {
        const live = await parts.reader.get(key);
        if (live === undefined || !isOrphan(live.object, pre) || live.uid !== item.metadata.uid)
          return undefined;
        return {
          verb: 'delete',
          key,
          preconditions: { uid: live.uid, resourceVersion: live.resourceVersion },
          propagationPolicy: 'Background',
        };
      });
    }
  }
}

/** The deleted workload's own child, whether or not the garbage collector has cut the reference yet. */
function isOrphan(object: KubeObject, deleted: KubeObject): boolean {
  if (object.metadata.deletionTimestamp !== undefined) return false;
  const owner = objectsOf(object.metadata.ownerReferences).find((one) => one.controller === true);
  return owner === undefined || owner.uid === deleted.metadata.uid;
}

/** Sends what `next` says until it says nothing more; each round starts from a fresh read. */
async function insist(
  parts: EngineParts,
  next: () => Promise<WriteRequest | undefined>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const request = await next();
    if (request === undefined) return;
    const outcome = await parts.writer.send(request, {
      auditId: parts.newId(),
      fieldManager: COMMAND_MANAGER,
    });
    if (outcome.kind === 'applied') return;
    if (outcome.kind === 'rejected' && outcome.status === 404) return;
    if (
      outcome.kind === 'rejected' &&
      outcome.status !== 409 &&
      outcome.status !== 429 &&
      outcome.status !== 0
    ) {
      parts.log.warn({ message: outcome.message }, 'clean-up after commit was refused');
      return;
    }
    await parts.clock.sleep(50 * 2 ** attempt);
  }
  throw new StratusError(
    'cluster_unreachable',
    'The clean-up after the commit could not be finished yet.',
    { changed: 'something' },
  );
}
