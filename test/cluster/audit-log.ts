import { readFileSync } from 'node:fs';
import { at, isObject, type JsonObject, parseJson, stringOf } from '../../src/core/json.ts';

/** One write that the API server answered, as its own audit log tells it. */
export interface AuditEvent {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly code: number;
  readonly userAgent: string | undefined;
  readonly requestUri: string;
  /** When the request came in, RFC 3339 with microseconds. */
  readonly receivedAt: string;
  readonly raw: JsonObject;
}

/**
 * All writes so far, in the order of their answers, dry runs included. An event may appear some
 * milliseconds after its answer: wait for the last one expected before counting.
 */
export function readAuditLog(source: { readonly auditLogPath: string }): AuditEvent[] {
  const lines = readFileSync(source.auditLogPath, 'utf8').split('\n');
  // The last piece is empty, or an event that is still being written.
  return lines.slice(0, -1).map(parseJson).filter(isObject).map(eventOf);
}

/** One line of it. */
function eventOf(raw: JsonObject): AuditEvent {
  const text = (...path: string[]) => stringOf(at(raw, ...path));
  const code = at(raw, 'responseStatus', 'code');
  return {
    user: text('user', 'username') ?? '',
    verb: text('verb') ?? '',
    resource: text('objectRef', 'resource') ?? '',
    subresource: text('objectRef', 'subresource'),
    namespace: text('objectRef', 'namespace'),
    name: text('objectRef', 'name'),
    code: typeof code === 'number' ? code : 0,
    userAgent: text('userAgent'),
    requestUri: text('requestURI') ?? '',
    receivedAt: text('requestReceivedTimestamp') ?? '',
    raw,
  };
}
