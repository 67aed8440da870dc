import {
  isObject,
  type Json,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  parseJson,
  stringOf,
} from '../core/json.ts';

/** What a metav1.Status of the API server says. */
export interface ServerStatus {
  readonly reason: string;
  /** One sentence of the server, or the status line when it gave none. */
  readonly message: string;
  readonly causes: readonly { field: string; reason: string; message: string }[];
  readonly code: number;
  /** False when the body isn't a Status: something else than an API server answered. */
  readonly genuine: boolean;
}

const LONGEST_MESSAGE = 2_000;

/** The JSON in the bytes; `undefined` when they aren't JSON. */
export function jsonIn(bytes: Buffer): Json | undefined {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

export function statusIn(status: number, bytes: Buffer): ServerStatus {
  const body = jsonIn(bytes);
  if (isObject(body) && body.kind === 'Status') return statusOf(body, status);
  // Text of something in between (a proxy, a load balancer), or of the API server's own filters.
  const text = bytes.toString('utf8', 0, 300).trim();
  const plain = text !== '' && !text.startsWith('<') && !text.includes('\n') ? `: ${text}` : '';
  return {
    reason: `HTTP${status}`,
    message: `HTTP status ${status}${plain}`,
    causes: [],
    code: status,
    genuine: false,
  };
}

export function statusOf(body: JsonObject, httpStatus: number): ServerStatus {
  const code = numberOf(body.code) ?? httpStatus;
  return {
    reason: stringOf(body.reason) ?? `HTTP${code}`,
    message: (stringOf(body.message) ?? `HTTP status ${code}`).slice(0, LONGEST_MESSAGE),
    causes: objectsOf(objectOf(body.details).causes).map((cause) => ({
      field: stringOf(cause.field) ?? '',
      reason: stringOf(cause.reason) ?? '',
      message: stringOf(cause.message) ?? '',
    })),
    code,
    genuine: true,
  };
}
