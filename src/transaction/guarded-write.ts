import type { LiveObject, WriteOutcome } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { stringifyJson } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { COMMAND_MANAGER } from '../core/managers.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow } from '../journal/types.ts';
import { nameOfKey, refusal } from './answers.ts';
import { type Approved, checkApproved } from './approve-call.ts';
import { checkRunnable } from './change.ts';
import { type CompiledWrite, compileWrite } from './compile.ts';
import { departed } from './departed.ts';
import { mayHaveLanded } from './landed.ts';
import { wentAs } from './last-state.ts';
import type { EngineParts } from './parts.ts';
import { rehearseDelete, rehearseUndo } from './rehearse.ts';
import { epochOver, type Session } from './session.ts';
import type { Shapes } from './shapes.ts';
import { newerBase, pauseAfterStale, STALE_ATTEMPTS } from './stale.ts';

/** The answer was lost: the transaction has to be taken back as a whole. */
export class AmbiguousWrite extends Error {}

/** Applied, but the undo of it would be refused: it has to be taken back at once. */
export class OneWayWrite extends Error {}

export interface WriteContext {
  readonly parts: EngineParts;
  readonly shapes: Shapes;
  readonly session: Session;
  readonly tool: string;
  readonly within: string | undefined;
  readonly command: number;
  /** What a person approved of this call. */
  readonly approved: Approved;
  readonly signal: AbortSignal | undefined;
}

/**
 * Steps 7 to 9 of a guarded write: INTENT in the journal, the request with its preconditions, the outcome in the
 * journal, the undo rehearsed.
 * @returns the object after the write; undefined after a delete
 * @throws StratusError when the API server refused (nothing changed)
 * @throws AmbiguousWrite, OneWayWrite
 */
export async function guardedWrite(
  context: WriteContext,
  first: CompiledWrite,
): Promise<KubeObject | undefined> {
  let compiled = first;
  for (let attempt = 1; ; attempt++) {
    context.signal?.throwIfAborted();
    await rehearseDelete(context.parts, compiled);
    const seq = journalIntent(context, compiled, attempt);
    const outcome = await send(context, compiled, seq);
    if (outcome.kind === 'applied')
      return await afterApplied(context, compiled, seq, outcome.object);
    const unclear = outcome.kind === 'ambiguous';
    if (unclear || (await mayHaveLanded(context.parts, compiled, outcome))) {
      move(context, seq, ['INTENT'], 'UNKNOWN', {
        error: redactText(outcome.message, context.parts.policy.redaction),
        httpStatus: outcome.status ?? null,
      });
      throw new AmbiguousWrite(redactText(outcome.message, context.parts.policy.redaction));
    }
    move(context, seq, ['INTENT'], 'REJECTED', {
      error: redactText(outcome.message, context.parts.policy.redaction),
      httpStatus: outcome.status,
    });
    if (outcome.status !== 409 || attempt === STALE_ATTEMPTS) {
      throw refusal(
        compiled.key,
        outcome,
        'cluster_error',
        'The change',
        context.parts.policy.redaction,
      );
    }
    await pauseAfterStale(context.parts.clock, attempt, context.signal);
    compiled = await rebase(context, compiled);
  }
}

export function journalIntent(
  { parts, session, tool, command }: WriteContext,
  compiled: CompiledWrite,
  attempt: number,
): number {
  const seq = session.nextSeq++;
  const { key, base, request } = compiled;
  const row: StepRow = {
    transaction: session.id,
    seq,
    command,
    tool,
    verb: compiled.write.verb,
    apiVersion: key.resource.apiVersion,
    kind: key.resource.kind,
    plural: key.resource.plural,
    namespace: key.namespace ?? null,
    name: key.name,
    class: compiled.classification.class,
    // Of what waits for the commit nothing is sent, so nothing has to be fenced.
    ...(compiled.deferral === undefined
      ? { state: 'INTENT' }
      : { state: 'VERIFIED', deferred: 'WAITING' }),
    intentId: compiled.intentId,
    attempt,
    uid: base?.uid ?? null,
    baseResourceVersion: base?.resourceVersion ?? null,
    sentAt: parts.clock.now(),
    httpStatus: null,
    error: null,
    postResourceVersion: null,
    postUid: null,
    rehearsal: null,
    kubectl: compiled.write.kubectl,
    residual: [],
    conflicts: [],
  };
  parts.journal.transactions.addStep(
    row,
    {
      ...(base === undefined ? {} : { pre: base.bytes }),
      ...('body' in request ? { request: Buffer.from(request.body) } : {}),
      ...(compiled.deferral?.contents ? { request: compiled.deferral.contents } : {}),
      ...(compiled.predictedBytes === undefined ? {} : { predicted: compiled.predictedBytes }),
    },
    session.epoch,
  );
  return seq;
}

export async function send(
  { parts }: WriteContext,
  compiled: CompiledWrite,
  seq: number,
): Promise<WriteOutcome> {
  // No caller's signal here: a write that has left is waited for, because its answer is worth having.
  const outcome = await parts.writer.send(compiled.request, {
    auditId: compiled.intentId,
    fieldManager: COMMAND_MANAGER,
    purpose: 'send',
  });
  parts.log.debug({ intent: compiled.intentId, seq, outcome: outcome.kind }, 'write sent');
  return outcome;
}

export function move(
  { parts, session }: WriteContext,
  seq: number,
  from: readonly StepRow['state'][],
  to: StepRow['state'],
  patch: Partial<StepRow>,
  post?: Buffer,
): void {
  const images = post === undefined ? {} : { post };
  const landed = parts.journal.transactions.moveStep(
    session.id,
    seq,
    from,
    to,
    session.epoch,
    patch,
    images,
  );
  if (!landed) throw epochOver(session.id);
}

async function afterApplied(
  context: WriteContext,
  compiled: CompiledWrite,
  seq: number,
  object: LiveObject | undefined,
): Promise<KubeObject | undefined> {
  const isDelete = compiled.request.verb === 'delete';
  const post = isDelete ? undefined : object;
  move(
    context,
    seq,
    ['INTENT'],
    'APPLIED',
    { postResourceVersion: post?.resourceVersion ?? null, postUid: post?.uid ?? null },
    post?.bytes,
  );
  if (isDelete) {
    const went = await lastOf(context.parts, compiled);
    move(context, seq, ['APPLIED'], 'VERIFIED', { rehearsal: 'before' }, went);
    await departed(context.parts, compiled.key, compiled.base?.uid, context.signal);
    return undefined;
  }
  const rehearsal = await rehearseUndo(context.parts, context.shapes, compiled, post);
  if (rehearsal.ok) {
    move(context, seq, ['APPLIED'], 'VERIFIED', { rehearsal: 'ok' });
    return post?.object;
  }
  context.parts.log.warn(
    { intent: compiled.intentId, reason: rehearsal.reason },
    'the undo would be refused',
  );
  throw new OneWayWrite(rehearsal.reason);
}

/** What is journaled of a delete once it is done, where others wrote to the object until it was gone. */
async function lastOf(
  parts: EngineParts,
  { key, base, request }: CompiledWrite,
): Promise<Buffer | undefined> {
  // A delete in the background is one write: it fails where anybody wrote since what was read.
  if (request.verb !== 'delete' || request.propagationPolicy !== 'Orphan') return undefined;
  const went = base && (await wentAs(parts, key, base.object));
  return went && Buffer.from(stringifyJson(went));
}

/** After a 409: the plan is compiled again on the newer version, if nobody changed what it was made from. */
async function rebase(context: WriteContext, stale: CompiledWrite): Promise<CompiledWrite> {
  const { parts, shapes, tool, within, signal } = context;
  const { key, write } = stale;
  const live = await newerBase(parts, shapes, key, stale.base);
  const known = { live };
  // What stands in for another write stays under the decision about that one.
  const instead = stale.standsIn ? { standsInFor: stale.decision } : {};
  const target = { tool, within, write, key, signal, known, ...instead };
  const again = await compileWrite(parts, shapes, target);
  if (again === undefined)
    throw new StratusError('no_change', `${nameOfKey(key)} already is as asked.`);
  checkRunnable([again]);
  await checkApproved(shapes, [again], context.approved);
  return stale.standsIn ? { ...again, standsIn: true } : again;
}
