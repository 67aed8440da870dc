import type { Desk } from '../../src/agents/desk.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import type { Journal } from '../../src/journal/types.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { settle } from '../../src/severity/settle.ts';
import type { Unknown } from '../../src/severity/types.ts';
import { measured, NOW, SETTINGS, snapshot } from '../severity/objects.ts';

/** What there is in the cluster, and what of it can't be seen. */
export interface Sight {
  objects: readonly KubeObject[];
  unknowns: readonly Unknown[];
  /** Its name; any when absent. */
  cluster?: string;
}

export const BY = { call: 'call-1', tool: 'incident_update', actor: 'alice' };

/** A desk over a journal and a cluster that is `sight`, on a clock that jumps when somebody sleeps. */
export function openDesk(journal: Journal, sight: Sight): Desk {
  let elapsed = 0;
  const clock: Clock = {
    now: () => NOW + elapsed,
    monotonic: () => elapsed,
    sleep: async (ms) => {
      elapsed += ms;
    },
  };
  const look = async () => snapshot(sight.objects, { unknowns: sight.unknowns, at: clock.now() });
  return {
    incidents: journal.incidents,
    policy: loadPolicy('default'),
    clock,
    isHere: async (name) => sight.cluster === undefined || name === sight.cluster,
    meter: {
      measure: async () => measured(sight.objects, { unknowns: sight.unknowns, at: clock.now() }),
      settle: (request) => settle({ clock, settings: SETTINGS, snapshot: look }, request),
      close: () => undefined,
    },
  };
}
