import { at, type Json, numberOf, stringOf } from '../../core/json.ts';
import { groupOf, type KubeObject } from '../../core/kube.ts';
import { kedaOwner } from './recognise.ts';

/** What sets the replicas of a workload. */
export interface Autoscaler {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The KEDA ScaledObject that generates it: its bounds are changed there. */
  readonly generatedBy?: string;
}

interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/**
 * The autoscalers of one namespace that set a workload's replicas. A ScaledObject counts once: KEDA makes a
 * HorizontalPodAutoscaler of it, and takes that away while it is paused.
 */
export function autoscalersOf(
  workload: Workload,
  horizontal: readonly KubeObject[],
  scaledObjects: readonly KubeObject[],
): Autoscaler[] {
  const hpas = horizontal
    .filter(({ spec }) => targets(at(spec, 'scaleTargetRef'), workload, ''))
    .map((object): Autoscaler => {
      const by = kedaOwner(object);
      const bounds = boundsOf(object.spec, 'minReplicas', 'maxReplicas', [1, 1]);
      const named = { kind: 'HorizontalPodAutoscaler', name: object.metadata.name } as const;
      return { ...named, ...bounds, ...(by === undefined ? {} : { generatedBy: by }) };
    });
  const covered = new Set(hpas.map(({ generatedBy }) => generatedBy));
  const keda = scaledObjects
    .filter((object) => !covered.has(object.metadata.name))
    .filter(({ spec }) => targets(at(spec, 'scaleTargetRef'), workload, 'apps/v1'))
    .map(
      (object): Autoscaler => ({
        kind: 'ScaledObject',
        name: object.metadata.name,
        ...boundsOf(object.spec, 'minReplicaCount', 'maxReplicaCount', [0, 100]),
      }),
    );
  return [...hpas, ...keda];
}

/** KEDA takes apps/v1 Deployment where a target names no version and kind. */
function targets(target: Json | undefined, workload: Workload, version: string): boolean {
  const kind = stringOf(at(target, 'kind')) ?? (version === '' ? '' : 'Deployment');
  return (
    kind === workload.kind &&
    at(target, 'name') === workload.name &&
    groupOf(stringOf(at(target, 'apiVersion')) ?? version) === groupOf(workload.apiVersion)
  );
}

function boundsOf(
  spec: Json | undefined,
  min: string,
  max: string,
  defaults: readonly [number, number],
) {
  return {
    min: numberOf(at(spec, min)) ?? defaults[0],
    max: numberOf(at(spec, max)) ?? defaults[1],
  };
}

/**
 * What an autoscaler will do to a count that is set by hand.
 * `overrules`: false where it stands still because the count is 0.
 */
export function ruling(scaler: Autoscaler, replicas: number): { overrules: boolean; text: string } {
  const { kind, name, min, max, generatedBy } = scaler;
  const where =
    generatedBy === undefined && kind === 'HorizontalPodAutoscaler'
      ? `${kind} ${name}`
      : `KEDA ScaledObject ${generatedBy ?? name}`;
  const change =
    kind === 'HorizontalPodAutoscaler' && generatedBy === undefined
      ? 'change its bounds instead (mitigate_scale with min_replicas, max_replicas)'
      : 'change its minReplicaCount and maxReplicaCount instead';
  // A HorizontalPodAutoscaler leaves a target alone that was scaled to nothing; KEDA scales it up itself.
  if (replicas === 0 && where.startsWith('Horizontal')) {
    return { overrules: false, text: `${where} stands still until it is scaled up again.` };
  }
  return replicas < min || replicas > max
    ? {
        overrules: true,
        text: `${where} keeps it within ${min}..${max} and will overrule this: ${change}.`,
      }
    : {
        overrules: true,
        text: `${where} owns the count (${min}..${max}) and may overrule this: ${change}.`,
      };
}
