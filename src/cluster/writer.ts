import type { ClusterConnection } from './connect.ts';
import { outcomeOf, outcomeOfBreakdown } from './outcome.ts';
import { mutate } from './transport.ts';
import type { ClusterWriter, SendOptions, WriteOutcome, WriteRequest } from './types.ts';
import { wireOf } from './wire.ts';
import { writePlan } from './write-plan.ts';

/** The one door: all that changes the cluster goes out here. `src/transaction/` alone may open it. */
export function openWriter(connection: ClusterConnection): ClusterWriter {
  const { host } = wireOf(connection);

  async function write(
    request: WriteRequest,
    options: SendOptions,
    dryRun: boolean,
  ): Promise<WriteOutcome> {
    const what = dryRun ? `dry.${options.purpose}` : options.purpose;
    const mutation = { ...writePlan(request, options, dryRun), what };
    try {
      return outcomeOf(request.key, await mutate(connection, mutation, options));
    } catch (error) {
      return outcomeOfBreakdown(host, error);
    }
  }

  return {
    dryRun: (request, options) => write(request, options, true),
    send: (request, options) => write(request, options, false),
  };
}
