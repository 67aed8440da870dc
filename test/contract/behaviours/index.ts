import type { Behaviour } from '../types.ts';
import { DELETION } from './deletion.ts';
import { OBJECTS } from './objects.ts';
import { PATCHES } from './patches.ts';
import { PODS } from './pods.ts';
import { READS } from './reads.ts';
import { WORKLOADS } from './workloads.ts';

export interface Area {
  readonly area: string;
  readonly behaviours: readonly Behaviour[];
}

export const AREAS: readonly Area[] = [
  { area: 'objects', behaviours: OBJECTS },
  { area: 'patches', behaviours: PATCHES },
  { area: 'reads', behaviours: READS },
  { area: 'deletion', behaviours: DELETION },
  { area: 'workloads', behaviours: WORKLOADS },
  { area: 'pods', behaviours: PODS },
];
