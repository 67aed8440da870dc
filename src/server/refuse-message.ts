import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import { stdioActor } from './actor.ts';
import { LONGEST_LINE } from './line-limit.ts';
import type { Runtime } from './runtime.ts';

/** A message that was too long to be read: it is in the audit log like any call, then answered. */
export async function refuseMessage(
  runtime: Runtime,
  server: Server,
  bytes: number,
  id: string | number | undefined,
): Promise<void> {
  const message = `The message has ${bytes} bytes and was not read: the limit is ${LONGEST_LINE}. Nothing was changed. Send less: one object a call, or a patch of the fields that change.`;
  const call = runtime.ids.call();
  const actor = stdioActor(server.getClientVersion(), runtime.ids.session());
  try {
    const { audit } = await runtime.journal();
    audit.start({ call, actor, tool: 'unread message', args: { bytes } });
    const told = { code: 'invalid_arguments', message, durationMs: 0 };
    audit.end({ call, decision: 'none', outcome: 'refused', ...told });
  } catch (error) {
    runtime.log.error({ err: error }, 'a message that was too long could not be journaled');
  }
  runtime.log.warn({ call, bytes }, 'a message was too long');
  if (id === undefined) return;
  await server.transport
    ?.send({ jsonrpc: '2.0', id, error: { code: ErrorCode.InvalidRequest, message } })
    .catch((error) => runtime.log.debug({ err: error }, 'answer not sent'));
}
