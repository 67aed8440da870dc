import { StratusError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Revision } from '../../revisions/revisions.ts';
import type { Side } from './template-diff.ts';

/** What is compared: `from` is the older one unless the caller chose otherwise. */
export interface Sides {
  readonly from: Side;
  readonly to: Side;
}

/**
 * The two templates to compare: the asked ones, or the current against the newest older one. A spec
 * that is no revision yet counts as the current. Undefined when there is nothing to compare with.
 * @throws StratusError when a revision that was asked for isn't kept.
 */
export function chooseSides(
  subject: string,
  revisions: readonly Revision[],
  current: Revision | undefined,
  template: JsonObject,
  asked: { revision?: number | undefined; compare_to?: number | undefined },
): Sides | undefined {
  const find = (wanted: number) => {
    const found = revisions.find(({ number }) => number === wanted);
    if (found !== undefined) return found;
    const numbers = revisions.map(({ number }) => number).join(', ');
    throw new StratusError(
      'not_found',
      `${subject} keeps no revision ${wanted}. ${numbers === '' ? 'Its history is empty.' : `It keeps ${numbers}.`}`,
      { next: 'Name one of them; spec.revisionHistoryLimit says how many are kept.' },
    );
  };
  const to = asked.revision === undefined ? current : find(asked.revision);
  const from =
    asked.compare_to === undefined
      ? revisions.findLast(({ number }) => to === undefined || number < to.number)
      : find(asked.compare_to);
  if (from === undefined) return undefined;
  return {
    from: sideOf(from),
    to: to === undefined ? { title: UNRECORDED, template } : sideOf(to),
  };
}

const UNRECORDED = 'the spec, not rolled out yet';

function sideOf({ number, template }: Revision): Side {
  return { title: `revision ${number}`, template };
}
