import type { Json } from '../../core/json.ts';
import type { SchemaType } from '../schema/notation.ts';

/** Strings that may be given and empty: pointers in Kubernetes' Go types, or never left out. */
const KEPT_STRINGS = new Set([
  'storageClassName',
  'ingressClassName',
  'loadBalancerClass',
  'service',
  'type.HostPathVolumeSource',
  'name.EndpointPort',
  'value.Toleration',
]);

/** Booleans and numbers that are left out when false or 0: no pointers. */
const DROPPED_FALSE = new Set([
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'paused',
  'stdin',
  'stdinOnce',
  'tty',
  'readOnly',
  'unschedulable',
  'publishNotReadyAddresses',
]);

const DROPPED_ZERO = new Set([
  'minReadySeconds',
  'hostPort',
  'nodePort',
  'initialDelaySeconds',
  'healthCheckNodePort',
  'generation',
  'observedGeneration',
  'availableReplicas',
  'readyReplicas',
  'updatedReplicas',
  'unavailableReplicas',
  'currentReplicas',
  'fullyLabeledReplicas',
  'numberAvailable',
  'numberUnavailable',
  'updatedNumberScheduled',
  'active',
  'succeeded',
  'failed',
  'count.Event',
  'replicas.DeploymentStatus',
]);

const KEPT_ZERO = new Set(['availableReplicas.StatefulSetStatus']);

/** Lists and maps that stand in an answer even when they are empty. */
const KEPT_EMPTY = new Set(['endpoints', 'currentHealthy']);

/** True for a value that the API server leaves out where it writes an object. */
export function isDropped(owner: string, field: string, type: SchemaType, value: Json): boolean {
  const named = `${field}.${owner}`;
  const within = (set: ReadonlySet<string>): boolean => set.has(field) || set.has(named);
  if (value === '') return type.kind === 'string' && !within(KEPT_STRINGS);
  if (value === false) return within(DROPPED_FALSE);
  if (value === 0) return within(DROPPED_ZERO) && !within(KEPT_ZERO);
  if (Array.isArray(value)) return value.length === 0 && !within(KEPT_EMPTY);
  if (type.kind === 'map' && typeof value === 'object' && value !== null) {
    return Object.keys(value).length === 0 && !within(KEPT_EMPTY);
  }
  return false;
}
