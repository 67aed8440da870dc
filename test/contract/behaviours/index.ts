import type { Behaviour } from '../types.ts';
import { OBJECTS } from './objects.ts';
import { PATCHES } from './patches.ts';

export const AREAS: readonly {
  readonly area: string;
  readonly behaviours: readonly Behaviour[];
}[] = [
  { area: 'objects', behaviours: OBJECTS },
  { area: 'patches', behaviours: PATCHES },
];
