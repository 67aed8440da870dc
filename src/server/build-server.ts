import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Need } from '../agents/prompt.ts';
import { StratusError } from '../core/errors.ts';
import type { Tool } from '../tools/types.ts';
import { clientName, stdioActor } from './actor.ts';
import type { Extra, IncomingCall } from './call.ts';
import { complete } from './complete.ts';
import { elicitorOf } from './elicit.ts';
import { INSTRUCTIONS, READ_ONLY_INSTRUCTIONS } from './instructions.ts';
import { invoke } from './invoke.ts';
import { listedTool } from './listing.ts';
import { getPrompt, listPrompts, type Offered } from './prompts.ts';
import { serveResources } from './resources/serve.ts';
import type { Runtime } from './runtime.ts';
import { warmUp } from './warm-up.ts';

/**
 * The MCP server of one connection; all state is the runtime's. The handlers are the protocol's own
 * and not McpServer's, which would answer unknown tools and invalid arguments before we can audit them.
 */
export function buildServer(runtime: Runtime): Server {
  const session = runtime.ids.session();
  const has = (effect: Tool['effect']) =>
    runtime.offers.some(({ tool, refusal }) => tool.effect === effect && refusal === undefined);
  const canWrite = has('mitigate');
  const needs: Offered = new Set<Need>([
    ...(canWrite ? (['write'] as const) : []),
    ...(has('record') ? (['record'] as const) : []),
  ]);
  const server = new Server(
    {
      name: 'stratus-mcp',
      title: 'STRATUS: guarded Kubernetes SRE tools',
      version: runtime.version,
    },
    {
      capabilities: { tools: {}, prompts: {}, completions: {}, resources: { subscribe: true } },
      instructions: canWrite ? INSTRUCTIONS : READ_ONLY_INSTRUCTIONS,
    },
  );
  const tools = runtime.offers.flatMap(({ tool, refusal }) =>
    refusal === undefined ? [listedTool(tool)] : [],
  );

  const callOf = (extra: Extra): Omit<IncomingCall, 'tool' | 'args'> => {
    const clientCall = extra._meta?.['claudecode/toolUseId'];
    const client = server.getClientVersion();
    const progress = progressOf(extra, runtime);
    return {
      actor: stdioActor(client, session),
      clientName: clientName(client),
      elicit: elicitorOf(server, extra, runtime.clock, progress),
      ...(typeof clientCall === 'string' ? { clientCall } : {}),
      signal: AbortSignal.any([cancellation(extra.signal), runtime.stopping]),
      progress,
    };
  };

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const call = { ...callOf(extra), tool: params.name, args: params.arguments ?? {} };
    return runtime.track(invoke(runtime, call));
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: listPrompts(needs) }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }, extra) => {
    const request = { name: params.name, given: params.arguments ?? {} };
    return runtime.track(getPrompt(runtime, request, needs, callOf(extra)));
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params }, extra) => {
    const { ref, argument, context } = params;
    const given = context?.arguments ?? {};
    return complete(runtime, { ref, argument, given }, extra.signal);
  });
  serveResources(server, runtime, callOf);
  server.onerror = (error) => runtime.log.warn({ err: error }, 'protocol');
  // In the background, once the client has its answer: the first call finds the connection warm.
  server.oninitialized = () => void warmUp(runtime);
  return server;
}

/** The client's cancellation under our own name: the protocol's reason is whatever text the client sent. */
function cancellation(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const cancel = () =>
    controller.abort(
      new StratusError('cancelled', 'The client cancelled the call.', { changed: 'unknown' }),
    );
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return controller.signal;
}

/** Progress for clients that asked for it. The protocol wants numbers that only grow. */
function progressOf(extra: Extra, runtime: Runtime): IncomingCall['progress'] {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  let last = -1;
  return (message, done, total) => {
    if (done <= last || extra.signal.aborted) return;
    last = done;
    const params = {
      progressToken,
      progress: done,
      message,
      ...(total === undefined ? {} : { total }),
    };
    extra
      .sendNotification({ method: 'notifications/progress', params })
      .catch((error) => runtime.log.debug({ err: error }, 'progress not sent'));
  };
}
