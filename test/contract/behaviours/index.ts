import type { Behaviour } from '../types.ts';
import { ADMISSION } from './admission.ts';
import { CLAIMS } from './claims.ts';
import { DELETION } from './deletion.ts';
import { OBJECTS } from './objects.ts';
import { PATCHES } from './patches.ts';
import { PODS } from './pods.ts';
import { READS } from './reads.ts';
import { REFUSED_PODS } from './refused-pods.ts';
import { ROLLOUTS } from './rollouts.ts';
import { SCHEDULING } from './scheduling.ts';
import { SETS } from './sets.ts';
import { STORED } from './stored.ts';

export interface Area {
  readonly area: string;
  readonly behaviours: readonly Behaviour[];
}

export const AREAS: readonly Area[] = [
  { area: 'objects', behaviours: OBJECTS },
  { area: 'patches', behaviours: PATCHES },
  { area: 'reads', behaviours: READS },
  { area: 'deletion', behaviours: DELETION },
  { area: 'stored', behaviours: STORED },
  { area: 'rollouts', behaviours: ROLLOUTS },
  { area: 'sets', behaviours: SETS },
  { area: 'pods', behaviours: PODS },
  { area: 'claims', behaviours: CLAIMS },
  { area: 'scheduling', behaviours: SCHEDULING },
  { area: 'admission', behaviours: ADMISSION },
  { area: 'refused pods', behaviours: REFUSED_PODS },
];
