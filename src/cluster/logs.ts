import type { ClusterConnection } from './connect.ts';
import { answered } from './failures.ts';
import { objectPath, queryString } from './paths.ts';
import { read } from './transport.ts';
import type { CallOptions, LogQuery, ResourceInfo } from './types.ts';

const PODS: ResourceInfo = {
  group: '',
  version: 'v1',
  apiVersion: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: ['log'],
};

/** A container's log as text. A container that waits has none: the server says so (400). */
export async function logs(
  connection: ClusterConnection,
  query: LogQuery,
  options?: CallOptions,
): Promise<string> {
  const { namespace, pod, container, previous, tailLines, sinceSeconds, timestamps, limitBytes } =
    query;
  const path = objectPath({ resource: PODS, namespace, name: pod }, 'log');
  const parameters = { container, previous, tailLines, sinceSeconds, timestamps, limitBytes };
  const request = read(connection, path + queryString(parameters), '*/*', options);
  return (await answered(connection, request)).bytes.toString('utf8');
}
