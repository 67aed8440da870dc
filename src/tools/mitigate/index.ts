import type { Clock } from '../../core/clock.ts';
import type { Tool } from '../types.ts';
import { mitigateApply } from './apply.ts';
import { mitigateBatch } from './batch.ts';
import { mitigateDelete } from './delete.ts';
import { mitigateDrain } from './drain.ts';
import { mitigateNode } from './node.ts';
import { mitigatePatch } from './patch.ts';
import { mitigateRollout } from './rollout.ts';
import { mitigateScale } from './scale.ts';
import { mitigateSetContainer } from './set-container.ts';
import { mitigateSetMetadata } from './set-metadata.ts';
import { mitigateSetService } from './set-service.ts';

/** Tools that change the cluster. The clock stamps rollout restarts. */
export function mitigateTools(clock: Clock): readonly Tool[] {
  return [
    mitigateApply,
    mitigateBatch,
    mitigateDelete,
    mitigateDrain,
    mitigateNode,
    mitigatePatch,
    mitigateRollout(clock),
    mitigateScale,
    mitigateSetContainer,
    mitigateSetMetadata,
    mitigateSetService,
  ];
}
