import { StratusError } from '../core/errors.ts';
import { at, isObject, type JsonObject, stringOf } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { answered, unintelligible } from './failures.ts';
import { jsonIn } from './status.ts';
import { read } from './transport.ts';
import type { CallOptions } from './types.ts';

export type OpenapiReader = (
  groupVersionPath: string,
  options?: CallOptions,
) => Promise<JsonObject>;

/**
 * OpenAPI v3 documents. The index names each by a URL with the hash of its content, so a document
 * is fetched once per content and a changed CRD is seen at once.
 */
export function createOpenapiReader(connection: ClusterConnection): OpenapiReader {
  const documents = new Map<string, { url: string; document: JsonObject }>();

  const fetch = async (path: string, options?: CallOptions) => {
    const request = read(connection, path, 'application/json', options);
    const body = jsonIn((await answered(connection, request)).bytes);
    if (!isObject(body)) throw unintelligible(connection, 'an OpenAPI document');
    return body;
  };

  return async (groupVersionPath, options) => {
    const index = await fetch('/openapi/v3', options);
    const url = stringOf(at(index, 'paths', groupVersionPath, 'serverRelativeURL'));
    if (url === undefined) {
      throw new StratusError(
        'unknown_resource',
        `The API server publishes no OpenAPI document "${groupVersionPath}".`,
        { next: 'Use `api/v1` for the core group and `apis/GROUP/VERSION` for another.' },
      );
    }
    const known = documents.get(groupVersionPath);
    if (known?.url === url) return known.document;
    const document = await fetch(url, options);
    documents.set(groupVersionPath, { url, document });
    return document;
  };
}
