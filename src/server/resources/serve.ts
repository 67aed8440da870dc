import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { plainText } from '../../core/plain-text.ts';
import type { Extra, IncomingCall } from '../call.ts';
import type { Runtime } from '../runtime.ts';
import { RESOURCES, TEMPLATES } from './addresses.ts';
import { readResource } from './read.ts';
import { subscriptionsOf } from './subscriptions.ts';

/** The policy, transactions and the audit log as resources that a client can read and watch. */
export function serveResources(
  server: Server,
  runtime: Runtime,
  callOf: (extra: Extra) => Omit<IncomingCall, 'tool' | 'args'>,
): void {
  const subscriptions = subscriptionsOf(runtime, (uri) => server.sendResourceUpdated({ uri }));
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...RESOURCES] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [...TEMPLATES],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }, extra) =>
    runtime.track(readResource(runtime, params.uri, callOf(extra))),
  );
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    if (!subscriptions.add(params.uri)) {
      const uri = plainText(params.uri.slice(0, 200));
      throw new McpError(
        ErrorCode.InvalidParams,
        `There is no resource ${uri} to subscribe to, or too many are subscribed to.`,
      );
    }
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscriptions.remove(params.uri);
    return {};
  });
  runtime.stopping.addEventListener('abort', () => subscriptions.close(), { once: true });
}
