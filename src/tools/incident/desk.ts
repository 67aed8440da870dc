import type { Desk } from '../../agents/desk.ts';
import type { RecordContext } from '../types.ts';

/** What a tool sees, as the agents' room wants it. The cluster is met only when it is asked for. */
export function deskOf(context: RecordContext): Desk {
  const { incidents, policy, clock, signal } = context;
  return {
    ...{ incidents, policy, clock, signal },
    get meter() {
      return context.meter;
    },
    isHere: async (cluster) => (await context.transactions.cluster()).isSame(cluster),
  };
}
