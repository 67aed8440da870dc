import { StratusError } from '../../core/errors.ts';
import type { RedactionRules } from '../../core/redact-text.ts';
import type { ImageName, StepRow } from '../../journal/types.ts';
import { showDiff } from '../../transaction/show-diff.ts';
import { objectOfImage } from '../../undo/groups.ts';
import type { StepDiff } from './types.ts';

/** Characters of one diff; a manifest of usual size is shown whole. */
const DIFF_LIMIT = 40_000;

/** What a step changed: its image from before against the one from after, masked. */
export function stepDiff(
  step: StepRow,
  image: (name: ImageName) => Buffer | undefined,
  redaction: RedactionRules,
): StepDiff {
  if (step.state === 'REJECTED') return none('The API server refused it: nothing changed.');
  if (step.deferred === 'WAITING') return none('It waits for the commit: nothing changed yet.');
  if (step.deferred === 'REFUSED') return none('It was refused after the commit: nothing changed.');
  try {
    const before = objectOfImage(image('pre'));
    const gone = step.verb === 'delete' || step.verb === 'evict';
    const seen = gone ? undefined : objectOfImage(image('post'));
    const after = gone ? undefined : (seen ?? objectOfImage(image('predicted')));
    if (before === undefined && after === undefined) {
      return none('The journal has no images of this step.');
    }
    if (!gone && after === undefined) return none('What came of it is not in the journal.');
    const { apiVersion, kind, name, namespace } = step;
    const ref = { apiVersion, kind, name, ...(namespace === null ? {} : { namespace }) };
    const text = showDiff(ref, before, after, redaction, DIFF_LIMIT);
    return { kind: 'diff', text, predicted: !gone && seen === undefined };
  } catch (thrown) {
    // A page without a diff is still worth having; it says why there is none.
    if (!(thrown instanceof StratusError)) throw thrown;
    return none(`${thrown.message} ${thrown.next}`);
  }
}

function none(why: string): StepDiff {
  return { kind: 'none', why };
}
