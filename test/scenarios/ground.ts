import { at, type JsonObject, objectsOf, stringOf } from '../../src/core/json.ts';
import { BASE_APPS, baseApp, baseAppReady } from '../cluster/base-app.ts';
import { startTraffic } from '../cluster/traffic.ts';
import type { ControlPlane, ControlPlaneClient } from '../cluster/types.ts';
import { pathOf } from './kinds.ts';
import { DEADLINE } from './oracle.ts';
import type { Card, ClusterKind, Ground } from './types.ts';

/** Longer than pods of either kind take to come up on a machine that does other things too. */
const PATIENCE_MS = 60_000;
const READY_MS = 180_000;

/** How a ground is told from others of its run. */
export interface Plot {
  readonly cluster: ControlPlaneClient & Pick<ControlPlane, 'realNodes'>;
  readonly kind: ClusterKind;
  readonly number: number;
}

/** A fresh namespace with the base application, all of it ready, and what the card prepares. */
export async function layGround({ cluster, kind, number }: Plot, card: Card): Promise<Ground> {
  const namespace = await cluster.namespace(`shop-${card.id.toLowerCase()}`);
  const ground = groundOf({ cluster, kind, number }, namespace);
  await cluster.apply(
    baseApp({ namespace, node: ground.nodes[0], progressDeadlineSeconds: DEADLINE }),
  );
  await card.prepare?.(ground);
  await cluster.waitFor('the shop', () => baseAppReady(cluster, namespace), READY_MS);
  return ground;
}

/** Deletes the ground's namespaces and its volumes, and waits until their pods and claims are gone. */
export async function clearGround({ cluster, namespace, other, wait }: Ground): Promise<void> {
  const remove = (path: string) =>
    cluster.request('DELETE', path, { propagationPolicy: 'Background' }, { allow: [404, 409] });
  for (const name of [namespace, other]) {
    const { status } = await remove(`/api/v1/namespaces/${name}`);
    if (status === 404) continue;
    await wait(`what runs in ${name} to go`, async () => {
      const paths = ['Pod', 'PersistentVolumeClaim'].map((kind) => pathOf(kind, name));
      const lists = await Promise.all(paths.map((path) => cluster.request('GET', path)));
      return lists.every(({ json }) => objectsOf(at(json, 'items')).length === 0);
    });
  }
  // A volume that waits for its protection to be lifted is a violation to everybody else.
  for (const volume of [`${namespace}-db-data`, `spare-${namespace}`]) {
    const path = `/api/v1/persistentvolumes/${volume}`;
    await cluster.request('PATCH', path, { metadata: { finalizers: null } }, { allow: [404] });
    await remove(path);
  }
}

function groundOf({ cluster, kind, number }: Plot, namespace: string): Ground {
  const get = async (of: string, name: string, inside = namespace) => {
    const path = `${pathOf(of, inside)}/${name}`;
    const { json, status } = await cluster.request('GET', path, undefined, { allow: [404] });
    return status === 200 ? json : undefined;
  };
  const list = async (of: string, selector = '', inside = namespace) => {
    const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
    const { json } = await cluster.request('GET', `${pathOf(of, inside)}${query}`);
    return objectsOf(at(json, 'items'));
  };
  const wait = <T>(
    what: string,
    probe: () => Promise<T | undefined | false>,
    ms = PATIENCE_MS,
  ): Promise<T> => cluster.waitFor(what, probe, ms);
  const { realNodes } = cluster;
  const services = BASE_APPS.map(({ name }) => name);
  return {
    cluster,
    kind,
    ...(realNodes && { traffic: () => startTraffic({ realNodes }, { namespace, services }) }),
    namespace,
    other: `${namespace}-observe`,
    nodes: cluster.nodes,
    hostPort: 9_100 + number,
    get,
    list,
    wait,
    pods: async (app) => (await list('Pod', `app=${app}`)).filter(isStaying),
    async patch(of, name, patch, inside = namespace) {
      const contentType = Array.isArray(patch)
        ? 'application/json-patch+json'
        : 'application/merge-patch+json';
      await cluster.request('PATCH', `${pathOf(of, inside)}/${name}`, patch, { contentType });
    },
    create: (manifest) => cluster.apply(manifest),
    async remove(of, name, inside = namespace) {
      await cluster.request('DELETE', `${pathOf(of, inside)}/${name}`);
      await wait(`${of} ${name} to go`, async () => (await get(of, name, inside)) === undefined);
    },
    async scale(deployment, replicas) {
      const path = `${pathOf('Deployment', namespace)}/${deployment}/scale`;
      await cluster.request('PATCH', path, { spec: { replicas } });
    },
  };
}

function isStaying(pod: JsonObject): boolean {
  return stringOf(at(pod, 'metadata', 'deletionTimestamp')) === undefined;
}
