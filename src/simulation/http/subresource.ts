import { objectOf } from '../../core/json.ts';
import { bindPod } from '../api/bind.ts';
import { noSuchPath, notAllowed, notFound, notSimulated } from '../api/error.ts';
import { evictPod } from '../api/evict.ts';
import type { Machine } from '../api/machine.ts';
import { patchObject } from '../api/patch.ts';
import { readScale, writeScale } from '../api/scale.ts';
import { updateObject } from '../api/update.ts';
import type { LogSource } from '../nodes/container-log.ts';
import { logText } from './logs.ts';
import { checkForce, isDryRun, writeOptions } from './options.ts';
import { json, type Reply, text, written } from './reply.ts';
import { objectBody, patchBody, patchKindOf, type Request } from './request.ts';
import type { Route } from './route.ts';

const NOT_HERE = [
  'exec',
  'attach',
  'portforward',
  'proxy',
  'ephemeralcontainers',
  'resize',
  'token',
  'finalize',
];

/** Answers a request for a subresource. @throws ApiError. */
export function serveSubresource(
  machine: Machine,
  logs: LogSource,
  route: Route,
  request: Request,
): Reply {
  const { kind, namespace, name = '', subresource = '' } = route;
  const { method, query } = request;
  const target = { kind, namespace, name };
  if (NOT_HERE.includes(subresource)) throw notSimulated(`${kind.plural}/${subresource}`);
  const served = kind.subresources.find((it) => it === subresource);
  if (served === undefined) throw noSuchPath();
  if (served === 'log' && method === 'GET') {
    const pod = machine.store.get(kind, namespace, name);
    if (pod === undefined) throw notFound(kind, name);
    return text(200, logText(logs, pod, query, machine.clock.now()));
  }
  if ((served === 'eviction' || served === 'binding') && method === 'POST') {
    const act = served === 'eviction' ? evictPod : bindPod;
    const body = objectBody(request);
    return json(201, act(machine, target, body, isDryRun(kind, query)));
  }
  if (served !== 'status' && served !== 'scale') throw notAllowed();
  if (method === 'GET') {
    if (served === 'scale') return json(200, readScale(machine, target));
    const object = machine.store.get(kind, namespace, name);
    if (object === undefined) throw notFound(kind, name);
    return json(200, object);
  }
  if (method !== 'PUT' && method !== 'PATCH') throw notAllowed();
  const options = { ...writeOptions(kind, request), subresource: served };
  const type = method === 'PATCH' ? patchKindOf(request) : undefined;
  const body = method === 'PATCH' ? patchBody(request) : objectBody(request);
  if (served === 'scale') {
    return written(writeScale(machine, target, body, type, options));
  }
  if (type === undefined) {
    return written(updateObject(machine, target, objectOf(body), options));
  }
  checkForce(type, request);
  return written(patchObject(machine, target, type, body, options));
}
