import { at, stringOf } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { discover } from './discovery.ts';
import { answered, refusal, unintelligible, unreachable } from './failures.ts';
import { list, listAll } from './lists.ts';
import { liveObject } from './live-object.ts';
import { logs } from './logs.ts';
import { createOpenapiReader } from './openapi.ts';
import { objectPath } from './paths.ts';
import { accessRules, can, whoAmI } from './reviews.ts';
import { sharedAnswer } from './shared-answer.ts';
import { jsonIn, statusIn } from './status.ts';
import { table } from './tables.ts';
import { read } from './transport.ts';
import type { CallOptions, ClusterReader, LiveObject, ObjectKey } from './types.ts';
import { watch } from './watch.ts';
import { wireOf } from './wire.ts';

const DISCOVERY_MS = 5 * 60_000;

/** A reader over a connection. Readers of one connection share its pooled sockets, not their caches. */
export function createReader(connection: ClusterConnection): ClusterReader {
  const { contextName, server, defaultNamespace } = connection;
  const catalogue = sharedAnswer(
    () => discover(connection),
    DISCOVERY_MS,
    wireOf(connection).clock,
  );
  return {
    contextName,
    server,
    defaultNamespace,
    version: (options) => version(connection, options),
    whoAmI: (options) => whoAmI(connection, options),
    resources: (options = {}) => catalogue.get(options),
    get: (key, options) => get(connection, key, options),
    list: (query, options) => list(connection, query, options),
    listAll: (query, options) => listAll(connection, query, options),
    table: (query, options) => table(connection, query, options),
    watch: (query, options) => watch(connection, query, options),
    logs: (query, options) => logs(connection, query, options),
    openapi: createOpenapiReader(connection),
    can: (query, options) => can(connection, query, options),
    rules: (namespace, options) => accessRules(connection, namespace, options),
  };
}

async function get(
  connection: ClusterConnection,
  key: ObjectKey,
  options?: CallOptions,
): Promise<LiveObject | undefined> {
  // Without a resourceVersion in the query, the API server reads from a quorum of etcd.
  const request = read(connection, objectPath(key), 'application/json', options);
  const answer = await request.catch((error: unknown) => {
    throw unreachable(connection, error);
  });
  if (answer.status !== 200) {
    const status = statusIn(answer.status, answer.bytes);
    // Only the API server's own 404 says that an object is absent; a load balancer's doesn't.
    if (answer.status === 404 && status.genuine) return undefined;
    throw refusal(connection, status);
  }
  const live = liveObject(key, answer.bytes);
  if (!live) throw unintelligible(connection, `a ${key.resource.kind}`);
  return live;
}

async function version(
  connection: ClusterConnection,
  options?: CallOptions,
): Promise<{ gitVersion: string }> {
  const request = read(connection, '/version', 'application/json', options);
  const gitVersion = stringOf(
    at(jsonIn((await answered(connection, request)).bytes), 'gitVersion'),
  );
  if (gitVersion === undefined) throw unintelligible(connection, "Kubernetes' version");
  return { gitVersion };
}
