import { z } from 'zod';
import { incidentOf } from '../../agents/desk.ts';
import { CLOSED, OPEN } from '../../agents/machine.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineObserveTool } from '../types.ts';
import { incidentArgument } from './arguments.ts';
import { incidentDetail, incidentLine } from './payload.ts';

export const incidentStatus = defineObserveTool({
  name: 'incident_status',
  title: 'Show incidents',
  effect: 'observe',
  description:
    'Use to go on with an incident: its phase, hypotheses, attempts, what is allowed next and what is missing. Without a handle: incidents, newest first.',
  input: z.strictObject({
    incident: incidentArgument.optional(),
    state: z.enum(['open', 'closed', 'all']).default('all'),
    limit: z.int().min(1).max(50).default(10),
    offset: z.int().min(0).default(0),
  }),
  output: z.looseObject({ summary: z.string(), next: z.string().optional() }),
  run: async (args, context) => {
    if (args.incident !== undefined) {
      const row = incidentOf(context.incidents, args.incident);
      const detail = incidentDetail(context, row);
      return {
        summary: `${row.id} is in ${row.phase}, attempt ${row.attempt} of ${row.attemptsAllowed}.`,
        ...detail,
        note: DATA_NOTE,
      };
    }
    const { state, limit, offset } = args;
    const phases = state === 'all' ? {} : { phases: state === 'open' ? OPEN : CLOSED };
    const { rows, total } = context.incidents.list({ limit, offset, ...phases });
    const end = offset + rows.length;
    const word = `${state === 'all' ? '' : `${state} `}${total === 1 ? 'incident' : 'incidents'}`;
    return {
      summary:
        total === 0
          ? `There are no ${word}.`
          : `${total} ${word}; showing ${rows.length} from ${offset}, newest first.`,
      incidents: rows.map(incidentLine),
      total,
      truncated: end < total,
      ...(end < total ? { next: `For more, call again with offset ${end}.` } : {}),
      ...(rows.length === 0 ? {} : { note: DATA_NOTE }),
    };
  },
});
