import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { connectCluster } from '../../../src/cluster/connect.ts';
import { createReader } from '../../../src/cluster/reader.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { StratusError } from '../../../src/core/errors.ts';
import { openJournal } from '../../../src/journal/open.ts';
import type { Journal } from '../../../src/journal/types.ts';
import { loadPolicy } from '../../../src/policy/load.ts';
import type { Policy } from '../../../src/policy/types.ts';
import { createSeverityMeter } from '../../../src/severity/meter.ts';
import type { ObserveContext, ObserveTool } from '../../../src/tools/types.ts';
import type { ControlPlaneClient, UserName } from '../../cluster/index.ts';

export interface Workbench {
  readonly context: ObserveContext;
  readonly journal: Journal;
  /** Validates the arguments, runs the tool, and holds the answer to the tool's output schema. */
  call<I extends z.ZodObject, O extends z.ZodObject>(
    tool: ObserveTool<I, O>,
    args: Record<string, unknown>,
  ): Promise<z.output<O>>;
  /** The StratusError that the call ends with. */
  refusal<I extends z.ZodObject, O extends z.ZodObject>(
    tool: ObserveTool<I, O>,
    args: Record<string, unknown>,
  ): Promise<StratusError>;
}

/** What an observing tool sees, on the real control plane. */
export async function openWorkbench(
  cluster: ControlPlaneClient,
  options: { user?: UserName; namespace?: string; policy?: (policy: Policy) => Policy } = {},
): Promise<Workbench> {
  const kubeconfig = cluster.kubeconfig(
    options.user ?? 'admin',
    options.namespace === undefined ? undefined : { namespace: options.namespace },
  );
  const connection = await connectCluster({ kubeconfig, env: {} });
  const folder = mkdtempSync(join(tmpdir(), 'stratus-observe-'));
  const journal = openJournal({ path: join(folder, 'journal.db'), env: {}, clock: systemClock });
  onTestFinished(async () => {
    journal.close();
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const reader = createReader(connection);
  const shipped: Policy = loadPolicy('default');
  const policy = options.policy?.(shipped) ?? shipped;
  const clock = systemClock;
  const context: ObserveContext = {
    reader,
    policy,
    meter: createSeverityMeter({ reader, settings: policy.severity, clock }),
    audit: journal.audit,
    transactions: {
      view: () => {
        throw new StratusError('transaction_not_found', 'There are no transactions here.');
      },
      list: () => ({ transactions: [], total: 0 }),
      lease: async () => undefined,
      cluster: async () => ({ name: 'here', key: 'here', isSame: () => true }),
    },
    incidents: journal.incidents,
    clock,
    signal: new AbortController().signal,
  };
  const call: Workbench['call'] = async (tool, args) => {
    const answer = await tool.run(tool.input.parse(args), context);
    // What goes over the wire is JSON.
    return tool.output.parse(JSON.parse(JSON.stringify(answer)));
  };
  return {
    context,
    journal,
    call,
    async refusal(tool, args) {
      const thrown = await call(tool, args).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown).toBeInstanceOf(StratusError);
      return thrown as StratusError;
    },
  };
}
