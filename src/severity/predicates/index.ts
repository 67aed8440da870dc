import type { Predicate } from '../predicate.ts';
import { admissionPredicates } from './admission.ts';
import { batchPredicates } from './batch.ts';
import { containerPredicates } from './containers.ts';
import { foreignPredicates } from './foreign.ts';
import { nodePredicates } from './nodes.ts';
import { podPredicates } from './pods.ts';
import { routePredicates } from './routes.ts';
import { scalingPredicates } from './scaling.ts';
import { servicePredicates } from './services.ts';
import { storagePredicates } from './storage.ts';
import { terminatingPredicates } from './terminating.ts';
import { workloadPredicates } from './workloads.ts';

/** All predicates with their default weights. */
export const PREDICATES: readonly Predicate[] = [
  ...workloadPredicates,
  ...containerPredicates,
  ...podPredicates,
  ...servicePredicates,
  ...foreignPredicates,
  ...routePredicates,
  ...storagePredicates,
  ...batchPredicates,
  ...scalingPredicates,
  ...nodePredicates,
  ...admissionPredicates,
  ...terminatingPredicates,
];
