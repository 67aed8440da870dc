import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
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
 *
 * @param mentioning only events whose line has this text: a long run's log is larger than memory likes
 */
export function readAuditLog(
  source: { readonly auditLogPath: string },
  mentioning = '',
): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (const line of auditLines(source.auditLogPath)) {
    if (!line.includes(mentioning)) continue;
    const raw = parseJson(line);
    if (isObject(raw)) events.push(eventOf(raw));
  }
  return events;
}

const CHUNK = 1024 ** 2;

/** Its lines one by one: after hours it is longer than a string can be. */
export function* auditLines(path: string): Generator<string> {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, size))).split('\n');
      // The last piece is empty, or an event that is still being written.
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
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
