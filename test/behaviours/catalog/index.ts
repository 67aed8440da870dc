import type { Behaviour } from '../types.ts';
import { ending } from './ending.ts';
import { limits } from './limits.ts';
import { running } from './running.ts';
import { starting } from './starting.ts';
import { surroundings } from './surroundings.ts';

/** What a pod can do, and what its node then shows. */
export const BEHAVIOURS: readonly Behaviour[] = [
  ...starting,
  ...running,
  ...surroundings,
  ...ending,
  ...limits,
];
