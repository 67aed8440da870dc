import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts';
import { ApiError, badRequest } from '../api/error.ts';
import type { PatchKind } from '../api/patch.ts';

/** A request with its body read. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly authorization: string;
  readonly auditId: string | undefined;
  readonly body: string;
}

const LARGEST = 3 * 1024 * 1024;

/** @throws ApiError 413. */
export async function readRequest(message: IncomingMessage): Promise<Request> {
  const url = new URL(message.url ?? '/', 'http://simulation');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) {
      const why = `Request entity too large: limit is ${LARGEST}`;
      throw new ApiError(413, 'RequestEntityTooLarge', why);
    }
    chunks.push(chunk);
  }
  const { headers } = message;
  const text = (value: string | string[] | undefined): string => [value ?? ''].flat().join(',');
  return {
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    accept: text(headers.accept),
    contentType: (text(headers['content-type']).split(';')[0] ?? '').trim(),
    userAgent: text(headers['user-agent']),
    authorization: text(headers.authorization),
    auditId: text(headers['audit-id']) || undefined,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

const PATCH_KINDS: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** @throws ApiError 415. */
export function patchKindOf({ contentType }: Request): PatchKind {
  const kind = PATCH_KINDS[contentType];
  if (kind !== undefined) return kind;
  throw unsupported(Object.keys(PATCH_KINDS));
}

function unsupported(accepted: readonly string[]): ApiError {
  const list = accepted.join(', ');
  return new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

/** @throws ApiError 400 for a body that isn't JSON (or YAML, where it may be). */
export function patchBody(request: Request): Json {
  return parse(request.body, request.contentType === 'application/apply-patch+yaml');
}

/** The object in the body; none in an empty one. @throws ApiError 400, 415. */
export function objectBody(request: Request): JsonObject {
  const { contentType, body } = request;
  if (body === '') return {};
  const yaml = contentType === 'application/yaml';
  if (contentType !== '' && contentType !== 'application/json' && !yaml) {
    throw unsupported(['application/json', 'application/yaml']);
  }
  const value = parse(body, yaml);
  if (!isObject(value)) {
    throw badRequest(
      "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct",
    );
  }
  return value;
}

function parse(text: string, yaml: boolean): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (!yaml) {
      throw badRequest(
        `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : ''}`,
      );
    }
  }
  try {
    return parseYaml(text) as Json;
  } catch {
    throw badRequest('error decoding YAML');
  }
}
