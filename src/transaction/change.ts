import { StratusError } from '../core/errors.ts';
import { describeRef } from '../core/kube.ts';
import { nameOfKey } from './answers.ts';
import type { CompiledWrite } from './compile.ts';
import type { EngineParts } from './parts.ts';
import { refOfKey } from './refs.ts';
import { showDiff } from './show-diff.ts';
import type { ObjectChange } from './types.ts';

/**
 * What must not run although it can be shown as a plan.
 * @throws StratusError irreversible
 */
export function checkRunnable(writes: readonly CompiledWrite[]): void {
  for (const { classification, key, deferral } of writes) {
    if (classification.class === 'irreversible' && deferral === undefined) {
      throw new StratusError(
        'irreversible',
        `The change of ${nameOfKey(key)} can't be undone. ${classification.undo}`,
        {
          rule: 'A2 faithful undo',
          ...(classification.standIn === undefined ? {} : { next: APPROVABLE }),
        },
      );
    }
  }
}

/** What would let it run after all. */
export const APPROVABLE =
  'Choose a change that can be undone. Where a rule of the policy has effect ask for it, a person may approve it, and it is done after the commit.';

/** What the caller is told about a write. */
export function changeOf(
  parts: EngineParts,
  compiled: CompiledWrite,
  after = compiled.predicted,
): ObjectChange {
  const { write, key, classification, changedPaths, decision, warnings } = compiled;
  const object = refOfKey(key);
  return {
    object,
    verb: write.verb,
    summary: `${describeRef(object)}: ${write.summary}`,
    kubectl: write.kubectl,
    class: classification.class,
    ...(compiled.deferral === undefined ? {} : { deferred: true as const }),
    ...(classification.standIn === undefined ? {} : { deferrable: true as const }),
    undo: classification.undo,
    diff:
      REMOVED[write.verb] ?? showDiff(object, compiled.base?.object, after, parts.policy.redaction),
    changedPaths: changedPaths.slice(0, 20),
    decision,
    warnings,
  };
}

const REMOVED: Readonly<Partial<Record<ObjectChange['verb'], string>>> = {
  delete: 'The whole object goes; observe_get shows it, and the journal keeps it.',
  evict: 'The pod goes.',
};
