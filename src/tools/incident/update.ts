import { z } from 'zod';
import { incidentOf } from '../../agents/desk.ts';
import { moveIncident } from '../../agents/move-incident.ts';
import { recordHypothesis } from '../../agents/record-hypothesis.ts';
import { StratusError } from '../../core/errors.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineRecordTool } from '../types.ts';
import { incidentArgument } from './arguments.ts';
import { deskOf } from './desk.ts';
import { standingPayload } from './payload.ts';

const line = z.string().trim().min(1).max(1_000);

export const incidentUpdate = defineRecordTool({
  name: 'incident_update',
  title: 'Update an incident',
  effect: 'record',
  description:
    'Use to record a suspected cause with its evidence, or to move an incident on: diagnosis, mitigation (needs a hypothesis), resolved (measures that it is gone), escalated (to a person). Both in one call: the hypothesis first. Commit, abort and undo move it to validation, undoing, diagnosis.',
  input: z.strictObject({
    incident: incidentArgument,
    hypothesis: line.optional().describe('The suspected cause.'),
    evidence: z.array(line).min(1).max(20).optional().describe('What you saw, and where.'),
    phase: z
      .enum(['diagnosis', 'mitigation', 'validation', 'undoing', 'resolved', 'escalated'])
      .optional(),
    reason: z.string().max(1_000).optional(),
  }),
  output: z.looseObject({ summary: z.string(), incident: z.string(), next: z.string() }),
  run: async (args, context) => {
    const { incident, hypothesis, evidence, phase, reason } = args;
    if ((hypothesis === undefined) !== (evidence === undefined)) {
      throw wrong(
        'A hypothesis comes with its evidence.',
        'Give hypothesis and evidence together.',
      );
    }
    if (hypothesis === undefined && phase === undefined) {
      throw wrong('Nothing was asked.', 'Give hypothesis and evidence, or a phase, or both.');
    }
    const told: string[] = [];
    if (hypothesis !== undefined && evidence !== undefined) {
      const row = recordHypothesis(
        context,
        incident,
        { cause: hypothesis, evidence },
        context.caller,
      );
      told.push(`Hypothesis ${row.seq} of ${incident} is recorded.`);
    }
    if (phase !== undefined) {
      const request = { incident, to: phase, ...(reason === undefined ? {} : { reason }) };
      const row = await moveIncident(deskOf(context), request, context.caller);
      told.push(`${row.id} is in ${row.phase}.`);
    }
    const row = incidentOf(context.incidents, incident);
    return { summary: told.join(' '), ...standingPayload(context, row), note: DATA_NOTE };
  },
});

function wrong(message: string, next: string): StratusError {
  return new StratusError('invalid_arguments', message, { next });
}
