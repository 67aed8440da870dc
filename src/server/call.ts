import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Actor } from '../journal/types.ts';
import type { Caller } from '../transaction/types.ts';

/** What the protocol tells a handler beside the request. */
export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** One tools/call as it came in, before anything is believed about it. */
export interface IncomingCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly actor: Actor;
  /** The client's own id of the call, if it sent one. */
  readonly clientCall?: string;
  /** The client's name without its version, as it says of itself. */
  readonly clientName?: string;
  /** Asks the client's human; absent where the client can't. */
  readonly elicit?: Caller['elicit'] | undefined;
  /** Aborts when the client cancels or the process is leaving. */
  readonly signal: AbortSignal;
  readonly progress: (message: string, done: number, total?: number) => void;
}
