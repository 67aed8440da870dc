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
import { s16 } from './s16.ts';
import { s18 } from './s18.ts';
import { s19 } from './s19.ts';
import { s21 } from './s21.ts';
import { s23 } from './s23.ts';
import { s24 } from './s24.ts';
import { s26 } from './s26.ts';
import { s28 } from './s28.ts';
import { s30 } from './s30.ts';

/** The suite, in the order of its table. */
export const CARDS: readonly Card[] = [
  s01,
  s03,
  s04,
  s06,
  s08,
  s09,
  s11,
  s13,
  s15,
  s16,
  s18,
  s19,
  s21,
  s23,
  s24,
  s26,
  s28,
  s30,
];
