import type { StepRow } from '../journal/types.ts';
import type { EngineParts } from './parts.ts';
import type { UndoReport } from './types.ts';
import type { TakeBackRequest } from './undo-port.ts';

export function isUnsent(_step: StepRow): boolean {
  return false;
}

export function noteUnsent(
  _parts: EngineParts,
  _request: TakeBackRequest,
  _step: StepRow,
): UndoReport['objects'][number] {
  throw new Error('x');
}
