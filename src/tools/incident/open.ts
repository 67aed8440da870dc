import { z } from 'zod';
import { openIncident } from '../../agents/open-incident.ts';
import { StratusError } from '../../core/errors.ts';
import { permit } from '../observe/access.ts';
import { namespaceExists } from '../observe/target.ts';
import { DATA_NOTE, shortText } from '../render/untrusted.ts';
import { short } from '../transaction/payload.ts';
import { defineRecordTool, type RecordContext } from '../types.ts';
import { deskOf } from './desk.ts';
import { standingPayload } from './payload.ts';

const NAME = 'incident_open';
const MEASURED_AS = 'observe_health';

export const incidentOpen = defineRecordTool({
  name: NAME,
  title: 'Open an incident',
  effect: 'record',
  description:
    'Use when something is wrong that should be followed to its end. Measures severity now; what fires is what has to be gone before it is resolved.',
  input: z.strictObject({
    title: z.string().min(1).max(500).describe('What is wrong.'),
    namespaces: z
      .array(z.string().min(1).max(63))
      .min(1)
      .max(50)
      .describe('"*": the whole cluster.'),
    object: z
      .string()
      .max(400)
      .optional()
      .describe('Only what fires for this one of observe_health, e.g. Deployment shop/web.'),
  }),
  output: z.looseObject({ summary: z.string(), incident: z.string(), next: z.string() }),
  run: async (args, context) => {
    for (const namespace of args.namespaces) await look(context, namespace);
    const { name: cluster } = await context.transactions.cluster();
    const row = await openIncident(
      deskOf(context),
      {
        ...{ title: args.title, namespaces: args.namespaces, cluster },
        ...(args.object === undefined ? {} : { object: args.object }),
      },
      context.caller,
    );
    const fires =
      row.own.length === 0 ? 'nothing fires now' : `${row.own.length} violations are its own`;
    const unknown = row.severity === null ? ' Severity could not be measured whole.' : '';
    return {
      summary: `${row.id} is open in detection; ${fires}.${unknown}`,
      ...standingPayload(context, row),
      ...short(
        row.own.map(({ object, reason }) => shortText(`${String(object)}: ${String(reason)}`, 200)),
        'own_violations',
      ),
      note: DATA_NOTE,
    };
  },
});

/** Opening one shows what observe_health would, and a mistyped namespace measures as healthy. */
async function look(context: RecordContext, namespace: string): Promise<void> {
  if (namespace === '*') return permit(context, { tool: MEASURED_AS, namespace: undefined });
  permit(context, { tool: MEASURED_AS, namespace });
  if ((await namespaceExists(context, MEASURED_AS, namespace)) !== false) return;
  throw new StratusError('not_found', `Namespace ${namespace} doesn't exist.`, {
    next: 'observe_list {"kind":"Namespace"} shows the namespaces.',
  });
}
