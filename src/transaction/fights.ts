import type { ObjectKey } from '../cluster/types.ts';
import { describeRef, type KubeObject } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';
import { undoGroups } from '../undo/groups.ts';
import { isController } from '../undo/managed-fields.ts';
import { type Flip, flipsOf } from '../undo/owners/flips.ts';
import { declarers } from '../undo/owners/recognise.ts';
import { renewedUids } from '../undo/renewed.ts';
import { optionsOf } from '../undo/restore.ts';
import type { CompiledWrite } from './compile.ts';
import { idOfKey } from './live.ts';
import type { EngineParts } from './parts.ts';
import { refOfKey } from './refs.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';
import { keyOfStep } from './undo-port.ts';

/** So often the same manager has to change the same field of ours again before it is a fight. */
const FIGHT = 2;

/** Sightings of one object that are kept: each differs from the one before. */
const SIGHTINGS = 50;

/** Somebody keeps a field as it is, against the transaction. */
export class Fight extends Error {}

/**
 * Before a write to an object that this transaction changed already: the version it is planned on tells whether
 * somebody keeps changing the same fields back.
 * @throws Fight: the caller has to abort the transaction
 */
export async function refuseFights(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  writes: readonly CompiledWrite[],
): Promise<void> {
  for (const { key, base } of writes) {
    if (base === undefined) continue;
    const rows = stepsOn(parts, session, key);
    if (rows.length === 0 || isOurs(rows, base.object)) continue;
    note(session.sightings, key, rows, base.object);
    const flips = await flipsOn(parts, shapes, session, key, rows);
    const text = sentenceOf(key, base.object, flips.filter(isFight));
    if (text !== undefined) throw new Fight(text);
  }
}

/**
 * Reads the touched objects once more.
 * @returns what closes the gate, one sentence per object: a fight, or a reconciler that has put ours back, so that
 *   severity would be measured without the change
 */
export async function lookForFights(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  closing: (flip: Flip) => boolean = isLost,
): Promise<string[]> {
  const found: string[] = [];
  for (const [key, rows] of await touchedKeys(parts, session)) {
    const live = await parts.reader.get(key);
    if (live === undefined) continue;
    note(session.sightings, key, rows, live.object);
    const flips = await flipsOn(parts, shapes, session, key, rows);
    const text = sentenceOf(key, live.object, flips.filter(closing));
    if (text !== undefined) found.push(text);
  }
  return found;
}

/** True for what no gate may be asked about: it would measure whoever wrote last. */
export function isFight({ times }: Flip): boolean {
  return times >= FIGHT;
}

/** The same, or a reconciler holds the field against us now. A count that an autoscaler moved on isn't lost. */
function isLost(flip: Flip): boolean {
  const held = flip.standing && flip.reconciles;
  return isFight(flip) || (held && (flip.back || !isController(flip)));
}

/** True while nobody has written since our last write, before which was looked already. */
function isOurs(rows: readonly StepRow[], { metadata }: KubeObject): boolean {
  const last = rows.at(-1);
  return last?.uid === metadata.uid && last?.postResourceVersion === metadata.resourceVersion;
}

/** Steps of the transaction on one object that are not taken back. */
export function stepsOn({ journal }: EngineParts, { id }: Session, key: ObjectKey): StepRow[] {
  const { kind, apiVersion } = key.resource;
  return journal.transactions
    .steps(id, { kind, name: key.name, notIn: ['REJECTED', 'UNDONE'] })
    .filter(
      (step) => step.apiVersion === apiVersion && (step.namespace ?? undefined) === key.namespace,
    );
}

async function touchedKeys(
  parts: EngineParts,
  session: Session,
): Promise<[ObjectKey, StepRow[]][]> {
  const all = parts.journal.transactions.steps(session.id, { notIn: ['REJECTED', 'UNDONE'] });
  const keys = new Map<string, ObjectKey>();
  for (const step of all) {
    // What was created or deleted is told apart by its uid, not by its fields.
    if (step.uid === null || step.verb === 'delete' || step.verb === 'evict') continue;
    const key = await keyOfStep(parts, step);
    keys.set(idOfKey(key), key);
  }
  return [...keys.values()].map((key) => [key, stepsOn(parts, session, key)]);
}

function note(
  sightings: Session['sightings'],
  key: ObjectKey,
  rows: readonly StepRow[],
  object: KubeObject,
): void {
  const id = idOfKey(key);
  const known = sightings.get(id) ?? [];
  const afterSeq = rows.at(-1)?.seq ?? 0;
  const last = known.at(-1);
  const same = last?.object.metadata.resourceVersion === object.metadata.resourceVersion;
  if (same && last?.afterSeq === afterSeq) return;
  sightings.set(id, [...known, { afterSeq, object }].slice(-SIGHTINGS));
}

async function flipsOn(
  { journal }: EngineParts,
  shapes: Shapes,
  session: Session,
  key: ObjectKey,
  rows: readonly StepRow[],
): Promise<Flip[]> {
  const [group] = undoGroups(
    rows,
    (seq, name) => journal.transactions.image(session.id, seq, name),
    () => key,
    renewedUids(journal.transactions.steps(session.id)),
  );
  if (group === undefined) return [];
  const seen = session.sightings.get(idOfKey(key)) ?? [];
  return flipsOf(group.steps, seen, await shapes.of(key), optionsOf(key));
}

/** `Argo CD application store puts spec.replicas of Deployment shop/web back (2 times): change it in git.` */
function sentenceOf(
  key: ObjectKey,
  object: KubeObject,
  flips: readonly Flip[],
): string | undefined {
  const [first, ...more] = flips;
  if (first === undefined) return undefined;
  const owner = declarers(object).find(({ managers }) => managers.includes(first.manager));
  const who = owner?.who ?? first.manager;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  const times = Math.max(...flips.map((flip) => flip.times));
  const often = times === 1 ? 'once' : `${times} times`;
  const advice =
    owner?.kind === 'gitops'
      ? 'change it in git'
      : first.path === 'spec.replicas' && isController(first)
        ? 'change the bounds of its autoscaler'
        : 'change it where that is managed';
  return `${who} put ${first.path}${others} of ${describeRef(refOfKey(key))} back (${often}): ${advice}.`;
}
