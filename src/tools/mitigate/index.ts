import type { Clock } from '../../core/clock.ts';
import type { Tool } from '../types.ts';
import { mitigateScale } from './scale.ts';

/** Tools that change the cluster. `clock` stamps rollout restarts. */
export function mitigateTools(_clock: Clock): readonly Tool[] {
  return [mitigateScale];
}
