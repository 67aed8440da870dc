import type { Prompt } from '../prompt.ts';
import { detect } from './detect.ts';
import { diagnose } from './diagnose.ts';
import { incident } from './incident.ts';
import { mitigate } from './mitigate.ts';
import { undo } from './undo.ts';

/** The roles of STRATUS in the order in which an incident meets them, after the one that leads through all. */
export const PROMPTS: readonly Prompt[] = [incident, detect, diagnose, mitigate, undo];
