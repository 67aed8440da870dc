import type { ObjectKey } from '../cluster/types.ts';
import { type ErrorCode, type StratusError, toStratusError } from '../core/errors.ts';
import { type Json, stringifyJson } from '../core/json.ts';
import type { ObjectRef } from '../core/kube.ts';
import { UNDO_MANAGER } from '../core/managers.ts';
import { mayPass } from '../core/no-real-answer.ts';
import { redactText } from '../core/redact.ts';
import { SEALED } from '../journal/image-table.ts';
import type { StepRow, StepState } from '../journal/types.ts';
import { renewedUids, uidNow } from '../undo/renewed.ts';
import type { UndoGroup, UndoPort } from '../undo/types.ts';
import { keeperOf } from './autoscalers.ts';
import { childrenOf } from './children.ts';
import { wentAs } from './last-state.ts';
import { idOfKey, readLive, resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import { redactNote } from './redact-note.ts';
import { refOfStep } from './refs.ts';
import { epochOver } from './session.ts';
import type { Shapes } from './shapes.ts';

export const UNDOABLE: readonly StepState[] = [
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
  /** Ends the wait for a create that may be on its way (shutdown): what is left is taken up again. */
  readonly signal?: AbortSignal;
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
export function lasting(thrown: unknown): StratusError {
  const error = toStratusError(thrown);
  const passes = PASSING.includes(error.code) && error.rule !== SEALED;
  if (passes || mayPass(error)) throw error;
  return error;
}

export function keyOfStep(parts: EngineParts, step: StepRow): Promise<ObjectKey> {
  return keyOfRef(parts, refOfStep(step));
}

async function keyOfRef(
  parts: EngineParts,
  { apiVersion, kind, namespace, name }: ObjectRef,
): Promise<ObjectKey> {
  const resource = await resolveFresh(parts.reader, (all) => all.resolveKind(apiVersion, kind));
  const place = resource.namespaced && namespace !== undefined ? { namespace } : {};
  return { resource, name, ...place };
}

/** What the undo of one object may use: the one door, and the journal of the steps on it. */
export function undoPort(
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
    lastState: async ({ seq, pre }) => {
      const went = pre && (await wentAs(parts, group.key, pre));
      if (went === undefined) return undefined;
      const { transaction, epoch } = request;
      const images = { post: Buffer.from(stringifyJson(went)) };
      const { transactions } = parts.journal;
      const landed = transactions.moveStep(
        transaction,
        seq,
        UNDOABLE,
        'UNDO_INTENT',
        epoch,
        {},
        images,
      );
      if (!landed) throw epochOver(transaction);
      return went;
    },
    send: (write, purpose = 'undo') =>
      parts.writer.send(write, { auditId, fieldManager: UNDO_MANAGER, purpose }),
    shape: (key) => shapes.of(key),
    key: (ref) => keyOfRef(parts, ref),
    list: async (resource, namespace) => {
      const list = { resource, ...(namespace === undefined ? {} : { namespace }) };
      const live = await readLive(parts.reader, [{ as: 'all', list }]);
      return live.list('all');
    },
    note: ({ kind, namespace, name }, how) => {
      parts.journal.audit.append({
        kind: 'step',
        transaction: request.transaction,
        ...(namespace === undefined ? {} : { namespace }),
        object: `${kind}/${name}`,
        outcome: 'UNDO_INTENT',
        detail: { how },
      });
    },
    scaledBy: (key) => keeperOf(parts, request.transaction, key),
    childrenOf: (uid) => childrenOf(parts, request.transaction, group, uid),
    ownerUid: async (owner, namespace) => {
      try {
        const place = namespace === undefined ? {} : { namespace };
        const live = await parts.reader.get(await keyOfRef(parts, { ...owner, ...place }));
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
      // Newest first: where a crash comes between two of them, the older ones are left, which are undone by themselves.
      for (const step of group.steps.toReversed()) {
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
      // Carried out or not possible: another conflict is another decision. What was left as it is may go on using what
      // the transaction created, also when that is tried again.
      const isLeft = to === 'UNDONE' && group.resolution?.how === 'keep_theirs';
      if (group.resolution !== undefined && ENDED.includes(to) && !isLeft) {
        const object = idOfKey(group.key);
        parts.journal.transactions.unresolve(request.transaction, object, request.epoch);
      }
    },
  };
}

const ENDED: readonly StepState[] = ['UNDONE', 'UNDO_CONFLICT', 'UNDO_IMPOSSIBLE'];
