import { REMOVAL_ROWS } from './removals.ts';
import { WRITE_ROWS } from './table.ts';
import type { MatrixRow } from './types.ts';

/** Verb × kind: the class of every write, its way back, and what is compared after it. */
export const MATRIX: readonly MatrixRow[] = [...WRITE_ROWS, ...REMOVAL_ROWS];
