import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Clock } from '../core/clock.ts';
import type { ApprovalQuestion, ElicitAnswer } from '../transaction/approval-types.ts';
import type { Extra, IncomingCall } from './call.ts';

/** Clients that count the time of a call from its last progress don't give up while a human reads. */
const HEARTBEAT_MS = 15_000;

/**
 * Asks the client's human by a form (MCP elicitation). Undefined where the client has not declared that it can: then
 * nobody is asked, which is no yes. Only `accept` with the answer `approve` is one; `decline` and `accept` with `refuse`
 * are a no of the human. Cancelled, timed out, malformed and lost answers are none at all.
 */
export function elicitorOf(
  server: Server,
  extra: Extra,
  clock: Clock,
  progress: IncomingCall['progress'],
): ((question: ApprovalQuestion) => Promise<ElicitAnswer>) | undefined {
  if (server.getClientCapabilities()?.elicitation?.form === undefined) return undefined;
  return async ({ message, timeoutMs, signal }) => {
    const over = new AbortController();
    void heartbeat(clock, progress, over.signal);
    try {
      const { action, content } = await server.elicitInput(
        { mode: 'form', message, requestedSchema: SCHEMA },
        {
          timeout: timeoutMs,
          relatedRequestId: extra.requestId,
          ...(signal === undefined ? {} : { signal }),
        },
      );
      if (action === 'decline') return 'no';
      if (action !== 'accept') return 'unanswered';
      if (content?.decision === 'approve') return 'yes';
      return content?.decision === 'refuse' ? 'no' : 'unanswered';
    } finally {
      over.abort();
    }
  };
}

/** A choice and no checkbox: what a form fills in by itself must not be a yes. */
const SCHEMA = {
  type: 'object' as const,
  properties: {
    decision: {
      type: 'string' as const,
      title: 'Decision',
      description: 'approve runs exactly this plan once; refuse stops it',
      enum: ['refuse', 'approve'],
    },
  },
  required: ['decision'],
};

async function heartbeat(
  clock: Clock,
  progress: IncomingCall['progress'],
  signal: AbortSignal,
): Promise<void> {
  const started = clock.monotonic();
  const seconds = () => (clock.monotonic() - started) / 1000;
  try {
    for (;;) {
      progress('waiting for the approval of a person', seconds());
      await clock.sleep(HEARTBEAT_MS, signal);
    }
  } catch {
    // Answered.
  }
}
