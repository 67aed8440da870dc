import type { ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import type { ObjectRef } from '../core/kube.ts';
import { COMMAND_MANAGER } from '../core/managers.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow } from '../journal/types.ts';
import { INTENT_LABEL } from '../undo/marks.ts';
import { finishDeferred, isUnsent } from './deferred.ts';
import { dependentsFrom, isLeftBehind } from './dependents.ts';
import { resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import { unlabelRequest } from './request.ts';
import { keyOfStep } from './undo-port.ts';
import { askAbout } from './unreadable.ts';

const ATTEMPTS = 8;

/**
 * What is left to do once the commit is decided: our marks go away, and so do the pods of a workload whose delete
 * was held reversible until now, and what was put off until now. Idempotent, so that a crash in the middle is
 * continued by running it again.
 * @returns what was refused for good, a sentence each
 */
export async function finalise(
  parts: EngineParts,
  transaction: string,
  epoch: number,
): Promise<string[]> {
  const refused: (string | undefined)[] = [];
  for (const step of parts.journal.transactions.steps(transaction)) {
    if (step.state !== 'VERIFIED' && step.state !== 'APPLIED') continue;
    if (isUnsent(step)) refused.push(await finishDeferred(parts, transaction, step, epoch));
    else if (step.uid === null) refused.push(await unlabel(parts, step));
    else if (step.verb === 'delete' && !step.deferred)
      refused.push(await removeOrphans(parts, transaction, step));
  }
  return refused.flatMap((one) => one ?? []);
}

async function unlabel(parts: EngineParts, step: StepRow): Promise<string | undefined> {
  const key = await keyOfStep(parts, step);
  const refused = await insist(parts, step, key, async () => {
    const live = await parts.reader.get(key);
    if (live === undefined || live.object.metadata.labels?.[INTENT_LABEL] !== step.intentId)
      return undefined;
    return unlabelRequest(live);
  });
  if (refused === undefined) return undefined;
  return `${step.kind}/${step.name} still carries the label ${INTENT_LABEL}: ${refused}.`;
}

/** Deletes what the orphaning delete left: those children that were journaled with it, and no stranger's. */
async function removeOrphans(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
): Promise<string | undefined> {
  const left: string[] = [];
  const image = parts.journal.transactions.image(transaction, step.seq, 'predicted');
  for (const child of dependentsFrom(image)) {
    const resource = await resolveFresh(parts.reader, (all) =>
      all.resolveKind(child.apiVersion, child.kind),
    );
    const key = {
      resource,
      name: child.name,
      ...(child.namespace === undefined ? {} : { namespace: child.namespace }),
    };
    let isNoted = false;
    const refused = await insist(parts, step, key, async () => {
      const live = await parts.reader.get(key);
      const same = live?.uid === child.uid && isLeftBehind(live.object, step.uid ?? undefined);
      if (!same) return undefined;
      if (!isNoted) noteRemoval(parts, transaction, step, child);
      isNoted = true;
      return {
        verb: 'delete',
        key,
        preconditions: { uid: live.uid, resourceVersion: live.resourceVersion },
        propagationPolicy: 'Background',
      };
    });
    if (refused !== undefined) left.push(`${child.kind}/${child.name} (${refused})`);
  }
  if (left.length === 0) return undefined;
  return `What belonged to the deleted ${step.kind}/${step.name} is still there: ${left.join(', ')}.`;
}

function noteRemoval(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
  { kind, namespace, name }: ObjectRef,
): void {
  parts.journal.audit.append({
    kind: 'step',
    transaction,
    ...(namespace === undefined ? {} : { namespace }),
    object: `${kind}/${name}`,
    outcome: 'FINALIZING',
    detail: { how: `deleted after commit: it belonged to the deleted ${step.kind} ${step.name}` },
  });
}

/**
 * Sends what `next` says until it says nothing more; each round starts from a fresh read.
 * @returns the API server's word where it refuses for good, or goes on giving no clear answer about this object: a
 *   webhook of somebody else that is down must not hold a transaction open for ever
 */
async function insist(
  parts: EngineParts,
  step: StepRow,
  key: ObjectKey,
  next: () => Promise<WriteRequest | undefined>,
): Promise<string | undefined> {
  const look = () => askAbout(parts, key, next);
  let unclear: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const request = await look();
    if (request === undefined) return undefined;
    if (request instanceof StratusError) {
      unclear = request.message;
      await parts.clock.sleep(50 * 2 ** attempt);
      continue;
    }
    const outcome = await parts.writer.send(request, {
      auditId: `${step.intentId}-finalise`,
      fieldManager: COMMAND_MANAGER,
      purpose: 'finalise',
    });
    if (outcome.kind === 'applied') return undefined;
    if (outcome.kind === 'rejected' && outcome.status === 404) return undefined;
    if (
      outcome.kind === 'rejected' &&
      outcome.status !== 409 &&
      outcome.status !== 429 &&
      outcome.status !== 0
    ) {
      parts.log.warn({ message: outcome.message }, 'clean-up after commit was refused');
      return redactText(outcome.message, parts.policy.redaction);
    }
    if (outcome.kind === 'ambiguous') unclear = outcome.message;
    await parts.clock.sleep(50 * 2 ** attempt);
  }
  // The API server answers, or this would have thrown: what is unclear is about this object.
  if (unclear !== undefined && (await look()) === undefined) return undefined;
  if (unclear !== undefined) return redactText(unclear, parts.policy.redaction);
  throw new StratusError(
    'cluster_unreachable',
    'The clean-up after the commit could not be finished yet.',
    { changed: 'something' },
  );
}
