import type { ObjectKey } from '../cluster/types.ts';
import { type ErrorCode, type StratusError, toStratusError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow, StepState } from '../journal/types.ts';
import { groupKind, WORKLOADS } from '../undo/group-kind.ts';
import { type OpenImage, undoGroups } from '../undo/groups.ts';
import { UNDO_MANAGER } from '../undo/managers.ts';
import { renewedUids, uidNow } from '../undo/renewed.ts';
import { undoObject } from '../undo/restore.ts';
import type { ObjectUndo, UndoGroup, UndoPort } from '../undo/types.ts';
import { dependentsFrom } from './dependents.ts';
import { fence } from './fence.ts';
import { readLive, resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import { isManagedPodRemoval, isStillServing } from './pod-removal.ts';
import { redactNote } from './redact-note.ts';
import { refOfStep } from './refs.ts';
import { epochOver } from './session.ts';
import type { Shapes } from './shapes.ts';
import type { UndoReport } from './types.ts';
import { report, reported } from './undo-report.ts';

const UNDOABLE: readonly StepState[] = [
  'INTENT',
  'UNKNOWN',
  'APPLIED',
  'VERIFIED',
  'UNDO_INTENT',
  'UNDO_APPLIED',
  'UNDO_CONFLICT',
  'UNDO_IMPOSSIBLE',
];

export interface TakeBackRequest {
  readonly transaction: string;
  readonly epoch: number;
  /** Only these commands; all when absent. */
  readonly commands?: readonly number[];
}

/**
 * Takes steps back: fences what is ambiguous, restores object by object, verifies, journals each state.
 * Goes on with the other objects when one needs a human.
 * @throws StratusError when the cluster can't be reached; what is left stays in the journal to be taken up again
 */
export async function takeBack(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
): Promise<UndoReport> {
  const store = parts.journal.transactions;
  const wanted = store
    .steps(request.transaction)
    .filter((step) => request.commands === undefined || request.commands.includes(step.command));
  const image: OpenImage = (seq, name) => store.image(request.transaction, seq, name);
  const open = wanted.filter((step) => step.state !== 'REJECTED' && step.state !== 'UNDONE');
  const keys = new Map<StepRow, ObjectKey>();
  const objects: UndoReport['objects'][number][] = [];
  const toUndo: StepRow[] = [];
  for (const step of open) {
    try {
      const key = await keyOfStep(parts, step);
      keys.set(step, key);
      if (!(await fence(parts, request, step, key))) continue;
      const replaced =
        isManagedPodRemoval(step, image) && !isStillServing(step, await parts.reader.get(key));
      if (replaced) objects.push(noteReplaced(parts, request, step));
      else toUndo.push(step);
    } catch (error) {
      objects.push(noteImpossible(parts, request, step, lasting(error)));
    }
  }
  const renewed = renewedUids(store.steps(request.transaction));
  for (const group of undoGroups(toUndo, image, (step) => required(keys, step), renewed)) {
    const undone = redacted(parts, group, await undoGroup(parts, shapes, request, group));
    const result = { ...undone, residual: [...undone.residual, ...ownerless(group, image)] };
    parts.journal.audit.append({
      kind: 'step',
      transaction: request.transaction,
      ...(group.key.namespace === undefined ? {} : { namespace: group.key.namespace }),
      object: `${group.key.resource.kind}/${group.key.name}`,
      outcome: result.state,
      detail: { how: result.how, residual: [...result.residual], conflicts: [...result.conflicts] },
    });
    objects.push(reported(group.key, result));
  }
  return report(objects);
}

/** Controllers adopt the pods and ReplicaSets of a workload again; other children stay without their owner. */
function ownerless(group: UndoGroup, image: OpenImage): Json[] {
  const { apiVersion, kind } = group.key.resource;
  if (WORKLOADS.includes(groupKind(apiVersion, kind))) return [];
  const children = group.steps
    .filter((step) => step.verb === 'delete')
    .flatMap((step) => dependentsFrom(image(step.seq, 'predicted')))
    .map((child) => `${child.kind}/${child.name}`);
  if (children.length === 0) return [];
  return [`No longer owned by it: ${[...new Set(children)].slice(0, 10).join(', ')}.`];
}

async function undoGroup(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  group: UndoGroup,
): Promise<ObjectUndo> {
  const world = port(parts, shapes, request, group);
  try {
    return await undoObject(group, world);
  } catch (error) {
    const { message } = lasting(error);
    world.mark('UNDO_IMPOSSIBLE', { error: message });
    return { state: 'UNDO_IMPOSSIBLE', how: message, residual: [], conflicts: [] };
  }
}

/** Errors that time can heal: the step is left as it is and taken up again. */
const PASSING: readonly ErrorCode[] = [
  'cluster_unreachable',
  'outcome_unknown',
  'unauthenticated',
  'journal_unavailable',
  'transaction_state',
  'writer_busy',
  'lease_lost',
  'cancelled',
  'internal',
];

/** The error, if waiting can't help. @throws the error otherwise */
function lasting(thrown: unknown): StratusError {
  const error = toStratusError(thrown);
  if (PASSING.includes(error.code)) throw error;
  return error;
}

/** Values of fields may be secrets, so nothing leaves here unmasked. */
function redacted(parts: EngineParts, group: UndoGroup, result: ObjectUndo): ObjectUndo {
  const { redaction } = parts.policy;
  const shown = (notes: readonly Json[]) =>
    notes.map((one) => redactNote(group.key.resource.kind, one, redaction));
  return {
    ...result,
    how: redactText(result.how, redaction),
    residual: shown(result.residual),
    conflicts: shown(result.conflicts),
  };
}

function required(keys: ReadonlyMap<StepRow, ObjectKey>, step: StepRow): ObjectKey {
  const key = keys.get(step);
  if (key === undefined) throw toStratusError(new Error('a step without a key'));
  return key;
}

export async function keyOfStep(parts: EngineParts, step: StepRow): Promise<ObjectKey> {
  const resource = await resolveFresh(parts.reader, (all) =>
    all.resolveKind(step.apiVersion, step.kind),
  );
  return {
    resource,
    name: step.name,
    ...(step.namespace === null ? {} : { namespace: step.namespace }),
  };
}

function port(
  parts: EngineParts,
  shapes: Shapes,
  request: TakeBackRequest,
  group: UndoGroup,
): UndoPort {
  // The API server's own audit log then tells which write a restore belongs to.
  const auditId = `${group.steps[0]?.intentId ?? parts.newId()}-restore`;
  return {
    clock: parts.clock,
    get: (key) => parts.reader.get(key),
    send: (write, purpose = 'undo') =>
      parts.writer.send(write, { auditId, fieldManager: UNDO_MANAGER, purpose }),
    shape: (key) => shapes.of(key),
    list: async (resource, namespace) => {
      const live = await readLive(parts.reader, [{ as: 'all', list: { resource, namespace } }]);
      return live.list('all');
    },
    ownerUid: async (owner, namespace) => {
      try {
        const resource = await resolveFresh(parts.reader, (all) =>
          all.resolveKind(owner.apiVersion, owner.kind),
        );
        const live = await parts.reader.get({
          resource,
          name: owner.name,
          ...(resource.namespaced && namespace !== undefined ? { namespace } : {}),
        });
        if (live === undefined) return undefined;
        // What this transaction deleted may have been created again a moment ago.
        const renewed = renewedUids(parts.journal.transactions.steps(request.transaction));
        return live.uid === uidNow(owner.uid, renewed) ? live.uid : undefined;
      } catch (error) {
        // An owner whose kind is gone or hidden: the object comes back without the reference to it.
        lasting(error);
        return undefined;
      }
    },
    mark: (to, note = {}) => {
      const kind = group.key.resource.kind;
      const shown = (notes: readonly Json[]) =>
        notes.map((one) => redactNote(kind, one, parts.policy.redaction));
      const deleted = group.steps.find((step) => step.verb === 'delete');
      for (const step of group.steps) {
        const landed = parts.journal.transactions.moveStep(
          request.transaction,
          step.seq,
          UNDOABLE,
          to,
          request.epoch,
          {
            ...(note.residual === undefined ? {} : { residual: shown(note.residual) }),
            ...(note.conflicts === undefined ? {} : { conflicts: shown(note.conflicts) }),
            ...(note.error === undefined
              ? {}
              : { error: redactText(note.error, parts.policy.redaction) }),
            ...(note.uid === undefined || step !== deleted ? {} : { postUid: note.uid }),
          },
          note.body === undefined ? {} : { undo: Buffer.from(note.body) },
        );
        if (!landed) throw epochOver(request.transaction);
      }
    },
  };
}

function noteReplaced(
  parts: EngineParts,
  request: TakeBackRequest,
  step: StepRow,
): UndoReport['objects'][number] {
  const residual = ['The pod itself is gone for good; its controller starts a replacement.'];
  const { transaction, epoch } = request;
  const landed = parts.journal.transactions.moveStep(
    transaction,
    step.seq,
    UNDOABLE,
    'UNDONE',
    epoch,
    { residual },
  );
  if (!landed) throw epochOver(transaction);
  return {
    object: refOfStep(step),
    state: 'UNDONE',
    how: 'replaced by its controller',
    residual,
    conflicts: [],
  };
}

function noteImpossible(
  parts: EngineParts,
  request: TakeBackRequest,
  step: StepRow,
  error: StratusError,
): UndoReport['objects'][number] {
  const { transaction, epoch } = request;
  const how = redactText(error.message, parts.policy.redaction);
  const landed = parts.journal.transactions.moveStep(
    transaction,
    step.seq,
    UNDOABLE,
    'UNDO_IMPOSSIBLE',
    epoch,
    { error: how },
  );
  if (!landed) throw epochOver(transaction);
  return { object: refOfStep(step), state: 'UNDO_IMPOSSIBLE', how, residual: [], conflicts: [] };
}
