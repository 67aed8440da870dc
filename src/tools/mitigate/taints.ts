import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, type Json, type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import type { PlannedWrite } from '../../transaction/types.ts';
import { kubectl } from './kubectl.ts';
import { nothingToDo, refOfLive, titleOf } from './target.ts';

export interface TaintWords {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

const TAINTS = '/spec/taints';

/**
 * Adds a taint, or gives it another value: key and effect name a taint. The list has no merge key of its own, so
 * each operation tests the one element that it relies on; the others may change meanwhile.
 */
export function taintPlan(target: LiveObject, words: TaintWords): PlannedWrite[] {
  refuseControllers(words.key);
  const { key, value, effect } = words;
  if (effect === undefined) {
    throw new StratusError('invalid_arguments', `The taint ${key} needs an effect.`, {
      next: 'Give effect NoSchedule or PreferNoSchedule.',
    });
  }
  const taints = taintsOf(target);
  const index = taints.findIndex((taint) => taint.key === key && taint.effect === effect);
  const before = taints[index];
  const wanted = { key, ...(value ? { value } : {}), effect };
  if (before !== undefined && (stringOf(before.value) ?? '') === (value ?? '')) {
    throw nothingToDo(`${titleOf(target)} has the taint ${textOf(wanted)} already.`);
  }
  const operations: Json[] =
    before !== undefined
      ? [
          { op: 'test', path: `${TAINTS}/${index}`, value: before },
          { op: 'replace', path: `${TAINTS}/${index}`, value: wanted },
        ]
      : taints.length > 0
        ? [{ op: 'add', path: `${TAINTS}/-`, value: wanted }]
        : [
            { op: 'test', path: TAINTS, value: null },
            { op: 'add', path: TAINTS, value: [wanted] },
          ];
  const was = before === undefined ? '' : `, before ${textOf(before)}`;
  const overwrite = before === undefined ? undefined : '--overwrite';
  return [write(target, operations, `taint ${textOf(wanted)}${was}`, textOf(wanted), overwrite)];
}

/** Removes a taint, or all taints of a key. */
export function untaintPlan(target: LiveObject, words: TaintWords): PlannedWrite[] {
  refuseControllers(words.key);
  const { key, value, effect } = words;
  const taints = taintsOf(target);
  const going = taints.flatMap((taint, index) => {
    const meant =
      taint.key === key &&
      (effect === undefined || taint.effect === effect) &&
      (value === undefined || (stringOf(taint.value) ?? '') === value);
    return meant ? [{ taint, index }] : [];
  });
  if (going.length === 0) {
    const has = taints.length === 0 ? 'no taints' : taints.map(textOf).join(', ');
    throw nothingToDo(`${titleOf(target)} has no taint ${textOf({ ...words })}. It has: ${has}.`);
  }
  // From the end, so that an index still means what it meant.
  const operations = going.toReversed().flatMap(({ taint, index }): Json[] => [
    { op: 'test', path: `${TAINTS}/${index}`, value: taint },
    { op: 'remove', path: `${TAINTS}/${index}` },
  ]);
  const names = going.map(({ taint }) => textOf(taint)).join(', ');
  // Each with its effect: the key alone would take others along.
  const words_ = going.map(({ taint }) => `${key}:${stringOf(taint.effect)}-`);
  return [write(target, operations, `untaint ${names}`, ...words_)];
}

function write(
  target: LiveObject,
  patch: Json[],
  summary: string,
  ...words: (string | undefined)[]
): PlannedWrite {
  return {
    verb: 'patch',
    object: refOfLive(target),
    patchType: 'json',
    patch,
    summary,
    kubectl: kubectl('taint', 'nodes', target.key.name, ...words),
  };
}

function taintsOf({ object }: LiveObject): JsonObject[] {
  return objectsOf(at(object, 'spec', 'taints'));
}

function refuseControllers(key: string): void {
  if (!/^node(\.cloudprovider)?\.kubernetes\.io\//.test(key)) return;
  throw new StratusError(
    'invalid_arguments',
    `The taint ${key} belongs to the node controller, which sets it by the node's condition.`,
    { next: 'Use action cordon or uncordon, or a taint with a key of your own.' },
  );
}

/** As kubectl writes a taint: `key=value:Effect`. */
function textOf({ key, value, effect }: JsonObject | TaintWords): string {
  return `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`;
}
