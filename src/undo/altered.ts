import { arrayOf, equalJson, parseJson } from '../core/json.ts';
import { isKubeObject, type KubeObject } from '../core/kube.ts';
import { PROTECTIONS } from './classify-delete.ts';
import { diffPaths } from './diff.ts';
import { withoutPlace } from './made-again.ts';
import type { NormaliseOptions } from './normalise.ts';
import { formatPath } from './path.ts';
import { recreatedForm } from './recreate.ts';
import type { Shape } from './shape.ts';
import { undoTarget } from './target.ts';
import type { UndoStep } from './types.ts';

/** So many paths say what happened; the rest is counted. */
const SHOWN = 8;

/** What was done to an object in one go. */
export interface Did {
  readonly replaced: boolean;
  readonly recreated: boolean;
  /** Where what was created again differs from what was deleted, as a phrase; undefined where it doesn't. */
  readonly altered?: string | undefined;
}

/** A create that was sent, and the object that it was answered with before anybody else could write to it. */
export interface Made {
  readonly body: string;
  readonly answer: KubeObject | undefined;
}

/**
 * Where what was created again is not what was deleted: a create that is accepted need not be the one that was asked
 * for, because mutating admission may make something else of it.
 * @param made undefined where the answer was lost. Then what is there now counts, whoever made it so; owners and the
 *   node of a pod are left out, because the recreate may have had to choose others
 * @returns a sentence; undefined where nothing was created again, or nothing differs
 */
export function alteredBy(
  made: Made | undefined,
  steps: readonly UndoStep[],
  now: KubeObject | undefined,
  shape: Shape,
  options: NormaliseOptions,
): string | undefined {
  const first = steps[0]?.pre;
  if (now === undefined || !first || first.metadata.uid === now.metadata.uid) return undefined;
  const sent = made && parseJson(made.body);
  if (made?.answer !== undefined && isKubeObject(sent)) {
    const paths = differing(sent, made.answer, shape, options);
    return paths && `Admission changed it at ${paths}.`;
  }
  const goal = undoTarget(steps, undefined, shape, options);
  if (goal.kind !== 'recreate') return undefined;
  const paths = differing(withoutPlace(goal.object), withoutPlace(now), shape, options);
  const what = 'It is not what was deleted';
  return paths && `${what}, at ${paths}: changed as it was created, or since.`;
}

function differing(
  wanted: KubeObject,
  now: KubeObject,
  shape: Shape,
  options: NormaliseOptions,
): string | undefined {
  const [was, is] = [wanted, now].map((one) => withoutProtections(recreatedForm(one, options)));
  // Paths only: the values of a Secret stay where they are.
  const paths = diffPaths(was, is, shape).map(formatPath);
  if (paths.length === 0) return undefined;
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return `${paths.slice(0, SHOWN).join(', ')}${more}`;
}

/** Put on by the API server at once, or a moment later. */
function withoutProtections(object: KubeObject): KubeObject {
  const { finalizers, ...metadata } = object.metadata;
  const others = arrayOf(finalizers).filter((one) => !PROTECTIONS.some((name) => name === one));
  const kept = others.length > 0 ? { ...metadata, finalizers: others } : metadata;
  return { ...object, metadata: kept as KubeObject['metadata'] };
}

/** How an object came back, in one phrase. */
export function describe(
  first: KubeObject,
  after: KubeObject,
  did: Did,
  options: NormaliseOptions,
): string {
  const [was, is] = [first, after].map((one) => recreatedForm(one, options));
  const equal = equalJson(was ?? null, is ?? null);
  if (first.metadata.uid !== after.metadata.uid) {
    if (did.altered !== undefined) return 'created again, but not with the same spec';
    return 'created again with the same spec';
  }
  if (!equal) return 'our change taken out, changes of others kept';
  return did.replaced ? 'restored exactly' : 'already as before';
}
