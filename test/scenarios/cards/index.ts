import type { Card } from '../types.ts';
import { s01 } from './s01.ts';

/** The suite, in the order of its table. */
export const CARDS: readonly Card[] = [s01];
