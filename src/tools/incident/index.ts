import type { Tool } from '../types.ts';
import { incidentOpen } from './open.ts';
import { incidentStatus } from './status.ts';
import { incidentUpdate } from './update.ts';

export const incidentTools: readonly Tool[] = [incidentOpen, incidentStatus, incidentUpdate];
