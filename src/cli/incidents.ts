import { Command } from 'commander';
import { incidentOf } from '../agents/desk.ts';
import { OPEN } from '../agents/machine.ts';
import { moveIncident } from '../agents/move-incident.ts';
import type { Flags } from '../core/config.ts';
import type { Runtime } from '../server/runtime.ts';
import { incidentDetail, incidentLine } from '../tools/incident/payload.ts';
import { guarded } from './fail.ts';
import { positive, withServerOptions } from './options.ts';
import { audited, callerIn, change, run } from './runtime.ts';

/** `stratus-mcp incidents list|show|close`, for a person at a terminal. Answers are JSON. */
export function incidentsCommand(): Command {
  const group = new Command('incidents').description('list, show and close incidents');
  const add = (word: string, description: string) =>
    withServerOptions(group.command(word)).description(description);

  add('list', 'incidents, newest first')
    .option('--open', 'only those that are not over')
    .option('--limit <n>', 'how many', positive, 20)
    .action(
      guarded((flags: Flags & { open?: boolean; limit: number }) =>
        run(flags, async (runtime) => {
          const { incidents } = await runtime.journal();
          const { limit, open } = flags;
          const { rows, total } = incidents.list({ limit, ...(open ? { phases: OPEN } : {}) });
          return { total, incidents: rows.map(incidentLine) };
        }),
      ),
    );
  add('show', 'one incident: phases, hypotheses, attempts, what is allowed next')
    .argument('<id>', 'handle such as inc-3')
    .action(
      guarded((id: string, flags: Flags) =>
        run(flags, async (runtime) => {
          const { incidents } = await runtime.journal();
          const row = incidentOf(incidents, id);
          const { engine: transactions } = await runtime.cluster();
          return incidentDetail({ incidents, transactions }, row);
        }),
      ),
    );
  add('close', 'end an incident that no assistant should go on with')
    .argument('<id>', 'handle such as inc-3')
    .requiredOption('--note <text>', 'why; kept with the incident and in the audit log')
    .action(
      guarded((id: string, flags: Flags & { note: string }) =>
        change(flags, async (runtime) =>
          audited(runtime, 'cli close', { incident: id, note: flags.note }, () =>
            close(runtime, id, flags.note),
          ),
        ),
      ),
    );
  return group;
}

/** A person ends it as escalated: that it is gone only a measurement can say. */
async function close(runtime: Runtime, id: string, note: string) {
  const { incidents } = await runtime.journal();
  const { meter, engine } = await runtime.cluster();
  const isHere = async (cluster: string) => (await engine.cluster()).isSame(cluster);
  const { policy, clock } = runtime;
  const { call, actor } = callerIn(runtime);
  const row = await moveIncident(
    { incidents, policy, clock, meter, isHere },
    { incident: id, to: 'escalated', reason: `Closed by ${actor}: ${note}` },
    { call, tool: 'cli close', actor },
  );
  return { ...incidentLine(row), outcome: row.outcome };
}
