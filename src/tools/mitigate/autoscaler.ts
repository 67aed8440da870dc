import type { LiveObject } from '../../cluster/types.ts';
import { StratusError } from '../../core/errors.ts';
import { at, type JsonObject, numberOf } from '../../core/json.ts';
import type { PlannedWrite } from '../../transaction/types.ts';
import { kubectlPatch } from './kubectl.ts';
import { nothingToDo, refOfLive, titleOf } from './target.ts';

export interface Autoscaling {
  readonly min_replicas?: number | undefined;
  readonly max_replicas?: number | undefined;
}

export function isAutoscaler({ key }: LiveObject): boolean {
  const { group, kind } = key.resource;
  return group === 'autoscaling' && kind === 'HorizontalPodAutoscaler';
}

/** Without minReplicas the API server's default is 1. */
function boundsOf({ object }: LiveObject): { min: number; max: number } {
  return {
    min: numberOf(at(object, 'spec', 'minReplicas')) ?? 1,
    max: numberOf(at(object, 'spec', 'maxReplicas')) ?? 1,
  };
}

/** The bounds of a HorizontalPodAutoscaler. @throws StratusError for another kind, or a minimum above the maximum */
export function boundsPlan(args: Autoscaling, target: LiveObject): PlannedWrite[] {
  if (!isAutoscaler(target)) {
    throw new StratusError(
      'invalid_arguments',
      `${titleOf(target)} is no HorizontalPodAutoscaler, so it has no min_replicas and max_replicas.`,
      { next: 'Give replicas, or the autoscaler as kind and name.' },
    );
  }
  const before = boundsOf(target);
  const after = { min: args.min_replicas ?? before.min, max: args.max_replicas ?? before.max };
  if (after.min > after.max) {
    throw new StratusError(
      'invalid_arguments',
      `min_replicas ${after.min} would be above max_replicas ${after.max}.`,
      { next: 'Give both, with min_replicas not above max_replicas.' },
    );
  }
  const spec: JsonObject = {
    ...(after.min === before.min ? {} : { minReplicas: after.min }),
    ...(after.max === before.max ? {} : { maxReplicas: after.max }),
  };
  if (Object.keys(spec).length === 0) {
    throw nothingToDo(
      `${titleOf(target)} already scales between ${before.min} and ${before.max} replicas.`,
    );
  }
  const object = refOfLive(target);
  return [
    {
      verb: 'patch',
      object,
      patchType: 'merge',
      patch: { spec },
      summary: `bounds from ${before.min}..${before.max} to ${after.min}..${after.max} replicas`,
      kubectl: kubectlPatch(object, 'merge', JSON.stringify({ spec })),
    },
  ];
}
