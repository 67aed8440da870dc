import type { Clock } from '../../core/clock.ts';
import type { Tool } from '../types.ts';
import { mitigateAnnotate } from './annotate.ts';
import { mitigateApply } from './apply.ts';
import { mitigateCreate } from './create.ts';
import { mitigateDelete } from './delete.ts';
import { mitigateLabel } from './label.ts';
import { mitigatePatch } from './patch.ts';
import { mitigateRolloutRestart } from './rollout-restart.ts';
import { mitigateRolloutUndo } from './rollout-undo.ts';
import { mitigateScale } from './scale.ts';
import { mitigateSetEnv } from './set-env.ts';
import { mitigateSetImage } from './set-image.ts';

/** Tools that change the cluster. The clock stamps rollout restarts. */
export function mitigateTools(clock: Clock): readonly Tool[] {
  return [
    mitigateAnnotate,
    mitigateApply,
    mitigateCreate,
    mitigateDelete,
    mitigateLabel,
    mitigatePatch,
    mitigateRolloutRestart(clock),
    mitigateRolloutUndo,
    mitigateScale,
    mitigateSetEnv,
    mitigateSetImage,
  ];
}
