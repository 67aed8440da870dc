import type { LiveObject, ObjectKey, WriteOutcome, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { equalJson, type Json, stringifyJson } from '../core/json.ts';
import { describeRef, type KubeObject } from '../core/kube.ts';
import { afterRecreate } from './after-recreate.ts';
import { alteredBy, type Did, describe, type Made } from './altered.ts';
import { withUnseenLast } from './as-it-went.ts';
import { isWaitedOut, type Parting, partingOf } from './children.ts';
import { losesData } from './data-guard.ts';
import { diffPaths } from './diff.ts';
import { leftBehind } from './left-behind.ts';
import { letGo } from './let-go.ts';
import { markNewest, unmarkNewest } from './newest-pods.ts';
import { denormalise, type NormaliseOptions, normalise } from './normalise.ts';
import { restoreOwnership } from './ownership.ts';
import { formatPath } from './path.ts';
import { isTakenCheckPort, recreateRequest, takenAddress } from './recreate-request.ts';
import { emptyRefusedSets } from './refused-sets.ts';
import { releaseClaim } from './release-claim.ts';
import { remainsOf } from './remains.ts';
import { changesReplicas, keptReplicas, leavingReplicas } from './replicas.ts';
import { replaceStuckPods } from './stuck-pods.ts';
import { settleTaints } from './taints.ts';
import { type Target, undoTarget } from './target.ts';
import type { ObjectUndo, UndoGroup, UndoPort, UndoStep } from './types.ts';
import { unjournaledUid } from './unjournaled.ts';
import { noClearAnswer, unreached } from './unreached.ts';

/** A PUT may lose against controllers that move the resourceVersion; then it is recomputed from a fresh read. */
const ATTEMPTS = 8;
const GONE_TIMEOUT_MS = 60_000;
/** An answer that is unclear is tried again for so long, where the caller says nothing. */
const PATIENCE_MS = 5_000;

/**
 * Takes back everything a transaction did to one object and verifies it.
 * Safe to run again after a crash at any point: each round starts from a fresh read.
 * @throws StratusError outcome_unknown or cluster_unreachable when the cluster does not answer; the group stays
 *   UNDO_INTENT in the journal and has to be taken up again
 */
export async function undoObject(
  group: UndoGroup,
  port: UndoPort,
  patienceMs = PATIENCE_MS,
): Promise<ObjectUndo> {
  const ended = await restored(group, port, patienceMs);
  if (ended.state === 'UNDONE') return ended;
  // Before the journal says that it is over: whoever takes up a killed undo does this again.
  const residual = [...ended.residual, ...(await letGo(group, port))];
  const { state, how: error, conflicts } = ended;
  port.mark(state, { residual, conflicts, ...(state === 'UNDO_CONFLICT' ? {} : { error }) });
  return { ...ended, residual };
}

async function restored(given: UndoGroup, port: UndoPort, patienceMs: number): Promise<ObjectUndo> {
  const until = port.clock.monotonic() + patienceMs;
  let group = given;
  const options = optionsOf(group.key);
  const shape = await port.shape(group.key);
  let known = group.steps;
  let replaced = false;
  let recreated = false;
  let made: Made | undefined;
  let asked = false;
  let written: KubeObject | undefined;
  let parting: Parting | undefined;
  const released: Json[] = [];
  // What a person's decision overwrote can't be seen any more once it is.
  let overwritten: readonly Json[] = [];
  const keeper = changesReplicas(group.steps) ? await port.scaledBy(group.key) : undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const live = await port.get(group.key);
    const again = unjournaledUid(known, live?.object, shape, options);
    if (again !== undefined) {
      port.mark('UNDO_APPLIED', { uid: again });
      known = madeAgain(known, again);
    }
    const steps = keeper === undefined ? known : leavingReplicas(known, live?.object);
    const target = undoTarget(steps, live?.object, shape, options, group.resolution);
    if (target.kind === 'conflict') {
      return conflicting('left as it is', target.conflicts);
    }
    if (target.kind === 'wait') {
      released.push(...(await waitGone(group, live, port)));
      continue;
    }
    if (target.kind === 'done' && target.kept) {
      return leave(port, [...target.residual, ...(await letGo(group, port))]);
    }
    if (target.kind === 'done') {
      const kept = keeper && keptReplicas(group.steps, live?.object, keeper);
      const known = [...overwritten, ...target.residual, ...(parting?.residual ?? []), ...released];
      const notes = kept ? [...known, kept] : known;
      const altered = alteredBy(made, steps, live?.object, shape, options);
      return finish(group, port, live, notes, { replaced, recreated, altered });
    }
    if (target.kind === 'replace' && written !== undefined && equalJson(written, target.object)) {
      const paths = diffPaths(target.object, live && normalise(live.object, options), shape).map(
        formatPath,
      );
      return impossible(
        `Something in the cluster changes it back right away, at ${paths.join(', ')}.`,
      );
    }
    if (target.kind === 'recreate' && !asked) {
      asked = true;
      const more = await withUnseenLast(known, group.key, port);
      if (more !== undefined) {
        known = more;
        group = { ...group, steps: more };
        continue;
      }
    }
    const unsafe = losesData(live?.object, target, known, shape, options, group.resolution);
    if (unsafe !== undefined) return impossible(unsafe);
    if (target.kind === 'delete' && live !== undefined && !isWaitedOut(parting, live)) {
      parting = await partingOf(group, live, port);
      // Its controller wrote meanwhile: it goes on the version that a new read tells.
      if (isWaitedOut(parting, live)) continue;
    }
    const request = await requestFor(group.key, target, live, port, options, parting);
    port.mark('UNDO_INTENT', 'body' in request ? { body: request.body } : {});
    if (target.kind === 'replace') await markNewest(group, live, target.object, port);
    const outcome = await port.send(request);
    if (outcome.kind === 'applied') {
      // Known from here on as the one that we created, whatever others do to it.
      const uid = target.kind === 'recreate' ? outcome.object?.uid : undefined;
      port.mark('UNDO_APPLIED', uid === undefined ? {} : { uid });
      if (uid !== undefined) known = madeAgain(known, uid);
      replaced ||= target.kind === 'replace';
      if (target.kind === 'replace') written = target.object;
      if (target.kind === 'replace' && group.resolution) overwritten = target.residual;
      recreated ||= target.kind === 'recreate';
      if (uid !== undefined && 'body' in request)
        made = { body: request.body, answer: outcome.object?.object };
      if (target.kind === 'delete') released.push(...(await waitGone(group, live, port)));
      continue;
    }
    const refused = await afterFailure(request, outcome, { attempt, until }, port);
    const taken =
      refused !== undefined && target.kind !== 'delete'
        ? await takenAddress(target.object, refused, port)
        : undefined;
    if (taken === 'releasing' && attempt < ATTEMPTS - 1) {
      await port.clock.sleep(100 * 2 ** attempt);
      continue;
    }
    if (taken !== undefined && taken !== 'releasing') {
      // Who has it may be one of ours, which goes in the same undo.
      const how = target.kind === 'recreate' ? 'not created again' : 'left as it is';
      return { ...conflicting(how, taken), refused: true };
    }
    if (refused !== undefined) {
      return { ...impossible(`The API server refused the restore: ${refused}`), refused: true };
    }
  }
  throw new StratusError(
    'outcome_unknown',
    `${nameOf(group.key)} would not hold still long enough to be restored.`,
    {
      changed: 'unknown',
    },
  );
}

function impossible(how: string): ObjectUndo {
  return { state: 'UNDO_IMPOSSIBLE', how, residual: [], conflicts: [] };
}

function conflicting(how: string, conflicts: readonly Json[]): ObjectUndo {
  return { state: 'UNDO_CONFLICT', how, residual: [], conflicts };
}

/** The object stays as somebody else left it, because a person decided so. */
function leave(port: UndoPort, residual: readonly Json[]): ObjectUndo {
  port.mark('UNDONE', { residual, conflicts: [] });
  return { state: 'UNDONE', how: 'left as it is, as asked', residual, conflicts: [] };
}

/** As the journal tells it from now on: others may edit the object before it is read again. */
function madeAgain(steps: readonly UndoStep[], uid: string): readonly UndoStep[] {
  const first = steps.find(({ verb }) => verb === 'delete');
  return steps.map((step) => (step === first ? { ...step, restoring: true, postUid: uid } : step));
}

export function optionsOf(key: ObjectKey): NormaliseOptions {
  return { hasStatus: key.resource.subresources.includes('status') };
}

function nameOf(key: ObjectKey): string {
  return describeRef({ kind: key.resource.kind, namespace: key.namespace, name: key.name });
}

/** @returns the server's sentence when trying again is useless */
async function afterFailure(
  request: WriteRequest,
  outcome: Exclude<WriteOutcome, { kind: 'applied' }>,
  { attempt, until }: { attempt: number; until: number },
  port: UndoPort,
): Promise<string | undefined> {
  const last = attempt === ATTEMPTS - 1 || port.clock.monotonic() >= until;
  unreached(outcome);
  if (outcome.kind === 'ambiguous') {
    if (isTakenCheckPort(outcome.message)) return outcome.message;
    if (last) throw noClearAnswer(outcome.message);
  } else if (outcome.status === 404 && request.verb !== 'create') {
    // Somebody else deleted it since our read: the next read tells what that means.
  } else if (outcome.status !== 409 && outcome.status !== 429) {
    return `${outcome.status} ${outcome.reason}: ${outcome.message}`;
  }
  await port.clock.sleep(Math.min(50 * 2 ** attempt, 2_000));
  return undefined;
}

async function requestFor(
  key: ObjectKey,
  target: Extract<Target, { kind: 'delete' | 'recreate' | 'replace' }>,
  live: LiveObject | undefined,
  port: UndoPort,
  options: NormaliseOptions,
  parting: Parting | undefined,
): Promise<WriteRequest> {
  if (target.kind === 'recreate') {
    return await recreateRequest(key, target.object, port, options);
  }
  if (live === undefined) throw new StratusError('internal', 'A restore without a live object.');
  if (target.kind === 'delete') {
    return {
      verb: 'delete',
      key,
      preconditions: { uid: target.uid, resourceVersion: live.resourceVersion },
      propagationPolicy: parting?.propagationPolicy ?? 'Background',
    };
  }
  return {
    verb: 'replace',
    key,
    body: stringifyJson(denormalise(target.object, live.object, options)),
  };
}

/** Waits for finalizers and graceful deletion: a create of the same name would be refused meanwhile. */
async function waitGone(
  { key, steps }: UndoGroup,
  seen: LiveObject | undefined,
  port: UndoPort,
): Promise<Json[]> {
  const until = port.clock.monotonic() + GONE_TIMEOUT_MS;
  const isOurs = steps[0]?.pre === undefined;
  const released: Json[] = [];
  for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
    const live = await port.get(key);
    if (live === undefined || live.uid !== seen?.uid) return released;
    if (isOurs) released.push(...(await releaseClaim(key, port)));
    if (port.clock.monotonic() > until) {
      throw new StratusError(
        'undo_impossible',
        `${nameOf(key)} is still terminating; a finalizer may hold it.`,
        { changed: 'something' },
      );
    }
    await port.clock.sleep(pause);
  }
}

async function finish(
  group: UndoGroup,
  port: UndoPort,
  live: LiveObject | undefined,
  notes: readonly Json[],
  did: Did,
): Promise<ObjectUndo> {
  const first = group.steps[0]?.pre;
  const residual: Json[] = [...notes, ...(await remainsOf(group, live?.object, port))];
  let how = 'already as before';
  if (live === undefined) how = 'deleted again';
  else if (first !== undefined) {
    if (live.uid !== first.metadata.uid) residual.push(...(await afterRecreate(group, live, port)));
    residual.push(...(await settleTaints(group.key, port)));
    residual.push(...(await restoreOwnership(group.key, first, port)));
    residual.push(...(await replaceStuckPods(group, port)));
    residual.push(...(await emptyRefusedSets(group, port)));
    residual.push(...(await unmarkNewest(group, live, port)));
    const after = (await port.get(group.key))?.object ?? live.object;
    residual.push(...leftBehind(first, after));
    how = describe(first, after, did, optionsOf(group.key));
    if (did.altered !== undefined) residual.push(did.altered);
    if (did.recreated) residual.push('uid and creationTimestamp are new');
  }
  const unique = [...new Map(residual.map((entry) => [stringifyJson(entry), entry])).values()];
  const renewed = first !== undefined && live !== undefined && live.uid !== first.metadata.uid;
  port.mark('UNDONE', {
    residual: unique,
    conflicts: [],
    ...(renewed ? { uid: live.uid } : {}),
  });
  return { state: 'UNDONE', how, residual: unique, conflicts: [] };
}
