import { describeRef, type ObjectRef } from '../core/kube.ts';
import type { Told } from './summary.ts';
import { enumerate } from './text.ts';
import type { CoverageEntry, DeclaredReduction, Measurement } from './types.ts';

interface Input {
  readonly before: Measurement;
  readonly after: Measurement;
  readonly touched: readonly ObjectRef[];
  readonly declared: readonly DeclaredReduction[];
}

/**
 * G3, against a "repair" that removes the patient: all that was there still is, and wants as much as
 * before, unless that was declared. Additions don't matter. A claim has to be the same claim.
 */
export function coverageLosses(input: Input): Told[] {
  const now = new Map(input.after.coverage.map((entry) => [entry.id, entry]));
  const findings = input.before.coverage.flatMap((entry): Told[] => {
    const loss = lossOf(entry, now.get(entry.id), input.touched);
    if (loss === undefined) return [];
    const declared = input.declared.find((it) => isSame(it.object, entry));
    const isReplaced = entry.kind === 'PersistentVolumeClaim' && now.has(entry.id);
    if (declared !== undefined && !isReplaced) {
      return [{ rule: 'G3', ok: true, message: `${loss} (declared: ${declared.reason}).` }];
    }
    const advice =
      entry.kind === 'PersistentVolumeClaim'
        ? `A claim holds data and may not go; ${DECLARE}`
        : `Removing what is sick is no repair; ${DECLARE}`;
    const brief = { heading: 'lost', item: loss };
    return [{ rule: 'G3', ok: false, message: `${loss}. ${advice}`, brief }];
  });
  if (findings.some((it) => !it.ok)) return findings;
  const count = input.before.coverage.length;
  const message = `All ${count} workloads, Services, Ingresses and claims of before are accounted for.`;
  return [{ rule: 'G3', ok: true, message }, ...findings];
}

const DECLARE =
  'a reduction on purpose has to be declared (declared_reductions at begin, intended_reduction of a single call).';

function lossOf(
  before: CoverageEntry,
  after: CoverageEntry | undefined,
  touched: readonly ObjectRef[],
): string | undefined {
  const name = describeRef(before);
  const isTouched = touched.some((ref) => isSame(ref, before));
  if (after === undefined) {
    // Finished Jobs are cleaned up by their time to live.
    return before.kind === 'Job' && !isTouched ? undefined : `${name} is gone`;
  }
  if (before.kind === 'PersistentVolumeClaim' && before.uid !== after.uid) {
    return `${name} was replaced by another claim of the same name, without its data`;
  }
  const part = partLoss(before, after);
  if (after.desired >= before.desired) return part && `${name} ${part}`;
  // Nodes come and go under a DaemonSet; only our own hand, or none left, is a reduction.
  if (before.kind === 'DaemonSet' && after.desired > 0 && !isTouched) {
    return part && `${name} ${part}`;
  }
  const more = part === undefined ? '' : ` and ${part}`;
  return `${name} is reduced from ${before.desired} to ${after.desired}${more}`;
}

/** Measurements of older versions counted no parts; there is nothing to compare then. */
function partLoss(before: CoverageEntry, after: CoverageEntry): string | undefined {
  const left = after.containers ?? [];
  const lost = before.containers?.filter((name) => !left.includes(name)) ?? [];
  if (lost.length > 0) {
    return `lost ${lost.length === 1 ? 'container' : 'containers'} ${enumerate(lost)}`;
  }
  const { parts: had = 0 } = before;
  const { parts: has = 0 } = after;
  if (has >= had) return undefined;
  return `has ${has} of ${had} ${before.kind === 'Ingress' ? 'backends' : 'ports'} left`;
}

function isSame(ref: ObjectRef, entry: CoverageEntry): boolean {
  return (
    ref.kind === entry.kind && ref.name === entry.name && (ref.namespace ?? '') === entry.namespace
  );
}
