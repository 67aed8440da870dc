import type { ObserveTool } from '../types.ts';
import { auditQuery } from './query.ts';

/** The tools that ask the audit log, sorted by name. */
export const auditTools: readonly ObserveTool[] = [auditQuery];
