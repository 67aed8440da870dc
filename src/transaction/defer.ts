import { StratusError } from '../core/errors.ts';
import { equalJson } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { Decision } from '../policy/types.ts';
import type { Classification, StandIn } from '../undo/classification.ts';
import { normalise } from '../undo/normalise.ts';
import { optionsOf } from '../undo/restore.ts';
import { nameOfKey } from './answers.ts';
import type { CompiledWrite } from './compile.ts';
import { journalIntent, type WriteContext } from './guarded-write.ts';
import type { EngineParts } from './parts.ts';
import { rehearseDelete } from './rehearse.ts';
import { standInsOf } from './stand-ins.ts';
import type { PlannedWrite } from './types.ts';

/** What a write that waits for the commit carries along. */
export interface Deferral {
  /** What goes with the object; has to be the same when the commit comes. */
  readonly contents?: Buffer;
}

/** Compiles a stand-in under the decision about the write that it stands in for. */
export type CompileStandIn = (
  write: PlannedWrite,
  decision: Decision,
) => Promise<CompiledWrite | undefined>;

/**
 * Puts off what can't be undone until the commit is decided, where the policy has a person asked about it: its
 * stand-in runs now, so that the gate measures the effect. What nobody is asked about stays as it is, and is refused.
 */
export async function putOff(
  parts: EngineParts,
  compiled: CompiledWrite,
  compileStandIn: CompileStandIn,
  signal?: AbortSignal,
): Promise<CompiledWrite[]> {
  const standIn = standInFor(compiled);
  if (standIn === undefined || compiled.decision.effect !== 'ask') return [compiled];
  const { writes, notes, contents } = await standInsOf(parts, standIn, compiled, signal);
  const before: CompiledWrite[] = [];
  for (const write of writes) {
    const one = await compileStandIn(write, compiled.decision);
    if (one !== undefined) before.push({ ...one, standsIn: true });
  }
  const { write, warnings, classification } = compiled;
  return [
    ...before,
    {
      ...compiled,
      write: { ...write, summary: `${write.summary}, only after the commit` },
      classification: standIn === 'retain' ? REBOUND : classification,
      warnings: [...warnings, LATER, ...notes],
      deferral: contents === undefined ? {} : { contents },
    },
  ];
}

const LATER =
  'Nothing is removed before the commit. It is then done at once, on exactly this object, or refused if that has changed.';

const REBOUND: Classification = {
  class: 'compensating',
  undo: 'The claim is deleted only after the commit, and its volume is kept; undo_transaction then creates it again and binds it to the same volume.',
};

function standInFor({
  classification,
  write,
  base,
  changedPaths,
}: CompiledWrite): StandIn | undefined {
  if (classification.class !== 'irreversible') return undefined;
  if (write.verb !== 'patch') return classification.standIn;
  return isFinalizerRemoval(base?.object, changedPaths) ? 'nothing' : undefined;
}

/** True for a patch of a terminating object that touches nothing but its finalizers. */
export function isFinalizerRemoval(
  before: KubeObject | undefined,
  changedPaths: readonly string[],
): boolean {
  return (
    before?.metadata.deletionTimestamp !== undefined &&
    changedPaths.length > 0 &&
    changedPaths.every((path) => /^metadata\.finalizers(\[|$)/.test(path))
  );
}

/**
 * Journals a write that waits for the commit; the cluster hears nothing of it yet.
 * @param expected the object as its stand-in has left it; the one that was planned with when absent
 * @throws StratusError conflict when it is another object by now
 */
export async function journalDeferred(
  context: WriteContext,
  compiled: CompiledWrite,
  expected: KubeObject | undefined,
): Promise<void> {
  const { parts } = context;
  const { key, base, classification } = compiled;
  if (classification.class !== 'irreversible') await rehearseDelete(parts, compiled);
  const live = await parts.reader.get(key);
  const options = { ...optionsOf(key), hasStatus: true };
  const [was, is] = [expected ?? base?.object, live?.object].map(
    (one) => one && normalise(one, options),
  );
  if (live?.uid !== base?.uid || !equalJson(was ?? null, is ?? null)) {
    throw new StratusError('conflict', `${nameOfKey(key)} was changed meanwhile.`, {
      next: 'Look at it again, and repeat the call if it is still what you want to remove.',
    });
  }
  journalIntent(context, { ...compiled, base: live }, 1);
}
