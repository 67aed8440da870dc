import type { ObserveTool } from '../types.ts';
import { observeApi } from './api.ts';
import { observeCapacity } from './capacity.ts';
import { observeChanges } from './changes.ts';
import { observeDescribe } from './describe.ts';
import { observeEvents } from './events.ts';
import { observeGet } from './get.ts';
import { observeHealth } from './health.ts';
import { observeList } from './list.ts';
import { observeLogs } from './logs.ts';
import { observeRelated } from './related.ts';
import { observeRollout } from './rollout.ts';

/** The observing tools, sorted by name. */
export const observeTools: readonly ObserveTool[] = [
  observeApi,
  observeCapacity,
  observeChanges,
  observeDescribe,
  observeEvents,
  observeGet,
  observeHealth,
  observeList,
  observeLogs,
  observeRelated,
  observeRollout,
];
