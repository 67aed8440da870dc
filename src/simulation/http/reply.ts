import type { ServerResponse } from 'node:http';
import { type JsonObject, stringifyJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { ApiError } from '../api/error.ts';
import type { Written } from '../api/types.ts';

/** Every answer says that no real cluster gave it. */
export const SIMULATED_HEADERS = { 'x-simulated-cluster': 'stratus-mcp' } as const;

/** An answer, whole, or as something that writes it while the connection lasts. */
export type Reply =
  | {
      readonly code: number;
      readonly type: string;
      readonly text: string;
      readonly headers: Readonly<Record<string, string | string[]>>;
    }
  | { stream(response: ServerResponse): void };

export function json(
  code: number,
  body: JsonObject,
  headers: Readonly<Record<string, string | string[]>> = {},
): Reply {
  return { code, type: 'application/json', text: `${stringifyJson(body)}\n`, headers };
}

export function text(code: number, body: string): Reply {
  return { code, type: 'text/plain; charset=utf-8', text: body, headers: {} };
}

/** What a write made, with its warnings (RFC 7234 5.5). */
export function written({ code, object, warnings }: Written): Reply {
  const warning = warnings.map((it) => `299 - ${JSON.stringify(it)}`);
  return json(code, object, warnings.length === 0 ? {} : { warning });
}

/** @param error an ApiError; anything else is a defect and answered as 500. */
export function refusal(error: unknown): Reply {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(500, 'InternalError', `Internal error occurred: ${String(error)}`);
  const { retryAfter } = known;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return json(known.code, known.toStatus(), headers);
}

export function send(response: ServerResponse, reply: Reply): void {
  if ('stream' in reply) {
    reply.stream(response);
    return;
  }
  response.writeHead(reply.code, { 'content-type': reply.type, ...reply.headers });
  response.end(reply.text);
}

/** Metadata only, where the client asked for that. */
export function metadataOf(object: KubeObject): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  };
}
