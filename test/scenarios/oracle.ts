import {
  at,
  equalJson,
  type Json,
  type JsonObject,
  numberOf,
  objectsOf,
} from '../../src/core/json.ts';
import { BASE_APPS, baseApp } from '../cluster/base-app.ts';
import type { Findings, Ground } from './types.ts';

/**
 * The Kubernetes default. With the base application's minute a rollout that hangs would be said to be stuck while the
 * plan is played, which makes severity higher after an undo than before, whatever was done.
 */
export const DEADLINE = 600;

/** Findings of several questions, in their order. */
export async function all(...questions: readonly Promise<Findings>[]): Promise<Findings> {
  return (await Promise.all(questions)).flat();
}

/** A sentence when the condition does not hold. */
export function unless(holds: boolean, sentence: string): Findings {
  return holds ? [] : [sentence];
}

/** Rolled out, and as many pods available as wanted; no pod of it waits or isn't ready. */
export async function serving(
  ground: Ground,
  app: string,
  replicas = wantedOf(app),
): Promise<Findings> {
  const [deployment, pods] = await Promise.all([ground.get('Deployment', app), ground.pods(app)]);
  if (deployment === undefined) return [`Deployment ${app} is gone`];
  const status = (field: string) => numberOf(at(deployment, 'status', field)) ?? 0;
  const counts = ['updatedReplicas', 'replicas', 'availableReplicas'];
  return [
    ...unless(
      at(deployment, 'status', 'observedGeneration') === at(deployment, 'metadata', 'generation'),
      `the controller has not seen the last change of ${app}`,
    ),
    ...counts.flatMap((field) =>
      unless(status(field) === replicas, `${app}: ${field} is ${status(field)}, not ${replicas}`),
    ),
    ...unless(pods.length === replicas, `${app} has ${pods.length} pods, not ${replicas}`),
    ...unless(pods.every(isReady), `not every pod of ${app} is ready`),
    ...(await endpoints(ground, app, replicas)),
  ];
}

/** The Service of that name sends to exactly so many ready endpoints. */
export async function endpoints(ground: Ground, service: string, count: number): Promise<Findings> {
  const slices = await ground.list('EndpointSlice', `kubernetes.io/service-name=${service}`);
  const ready = slices
    .flatMap((slice) => objectsOf(at(slice, 'endpoints')))
    .filter((it) => at(it, 'conditions', 'ready') === true);
  return unless(
    ready.length === count,
    `Service ${service} has ${ready.length} ready endpoints, not ${count}`,
  );
}

/** No collateral: every other Deployment has the template, the replicas and the pods of the base application. */
export async function othersUntouched(
  ground: Ground,
  except: readonly string[],
): Promise<Findings> {
  const others = BASE_APPS.map(({ name }) => name).filter((name) => !except.includes(name));
  const found = others.map(async (name): Promise<Findings> => {
    const deployment = await ground.get('Deployment', name);
    const wanted = released(ground, 'Deployment', name);
    if (deployment === undefined) return [`Deployment ${name} is gone`];
    return [
      ...unless(
        holds(at(deployment, 'spec', 'template'), at(wanted, 'spec', 'template')),
        `the template of ${name} is another one`,
      ),
      ...(await serving(ground, name)),
    ];
  });
  return await all(...found);
}

/** No Service beside those of the base application, and each sends where it did. */
export async function servicesUntouched(
  ground: Ground,
  except: readonly string[] = [],
): Promise<Findings> {
  const services = await ground.list('Service');
  const names = services.map((it) => String(at(it, 'metadata', 'name')));
  const known = BASE_APPS.map(({ name }) => name);
  return [
    ...names
      .filter((name) => !known.includes(name) && !except.includes(name))
      .map((name) => `Service ${name} is not one of the shop's`),
    ...known
      .filter((name) => !except.includes(name))
      .flatMap((name) => {
        const service = services.find((it) => at(it, 'metadata', 'name') === name);
        const wanted = released(ground, 'Service', name);
        return unless(
          holds(at(service, 'spec', 'ports'), at(wanted, 'spec', 'ports')) &&
            equalJson(at(service, 'spec', 'selector'), at(wanted, 'spec', 'selector')),
          `Service ${name} is another one`,
        );
      }),
  ];
}

/** The database's claim is the one that the shop began with, bound to its volume. */
export async function dataUntouched(ground: Ground): Promise<Findings> {
  const claim = await ground.get('PersistentVolumeClaim', 'db-data');
  const volume = await ground.get('PersistentVolume', `${ground.namespace}-db-data`);
  const uid = at(claim, 'metadata', 'uid');
  return [
    ...unless(at(claim, 'status', 'phase') === 'Bound', 'the claim db-data is not bound'),
    ...unless(
      uid !== undefined && at(volume, 'spec', 'claimRef', 'uid') === uid,
      'the volume of db-data is not that of this claim',
    ),
    ...unless(
      at(claim, 'metadata', 'deletionTimestamp') === undefined,
      'the claim db-data is being deleted',
    ),
  ];
}

/** Containers of a Deployment's template; init containers apart. */
export function containersIn(deployment: JsonObject | undefined): JsonObject[] {
  return objectsOf(at(deployment, 'spec', 'template', 'spec', 'containers'));
}

export function initContainersIn(deployment: JsonObject | undefined): JsonObject[] {
  return objectsOf(at(deployment, 'spec', 'template', 'spec', 'initContainers'));
}

export function isReady(pod: JsonObject): boolean {
  return objectsOf(at(pod, 'status', 'conditions')).some(
    (it) => it.type === 'Ready' && it.status === 'True',
  );
}

/** An object of the base application as its manifest says. */
export function released({ namespace, nodes }: Ground, kind: string, name: string): JsonObject {
  const shop = baseApp({ namespace, node: nodes[0], progressDeadlineSeconds: DEADLINE });
  const found = (shop as JsonObject[]).find(
    (it) => it.kind === kind && at(it, 'metadata', 'name') === name,
  );
  if (found === undefined) throw new Error(`the base application has no ${kind} ${name}`);
  return found;
}

function wantedOf(app: string): number {
  return BASE_APPS.find(({ name }) => name === app)?.replicas ?? 1;
}

/** Everything that is wanted is there; what the API server defaulted may be there too. */
export function holds(is: Json | undefined, wanted: Json | undefined): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(is) &&
      is.length === wanted.length &&
      wanted.every((one, i) => holds(is[i], one))
    );
  }
  if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted)) {
    return Object.entries(wanted).every(([key, value]) => holds(at(is, key), value as Json));
  }
  return equalJson(is, wanted);
}
