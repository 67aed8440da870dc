import type { Card } from '../types.ts';
import { s01 } from './s01.ts';
import { s03 } from './s03.ts';
import { s04 } from './s04.ts';
import { s06 } from './s06.ts';
import { s08 } from './s08.ts';
import { s09 } from './s09.ts';
import { s11 } from './s11.ts';
import { s13 } from './s13.ts';
import { s15 } from './s15.ts';

/** The suite, in the order of its table. */
export const CARDS: readonly Card[] = [s01, s03, s04, s06, s08, s09, s11, s13, s15];
