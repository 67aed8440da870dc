import { at, type JsonObject } from '../../../src/core/json.ts';
import { all, endpoints, othersUntouched, released, servicesUntouched, unless } from '../oracle.ts';
import type { Card, Ground } from '../types.ts';

/** The ReplicaSet of cart as it was before anything was wrong: the undo of a delete keeps it, another Deployment does not. */
const uids = new WeakMap<Ground, unknown>();

export const s19: Card = {
  id: 'S19',
  title: 'missing-service',
  source: 'SREGym missing_service; ITBench 114',
  class: 'service and network',
  async inject(ground) {
    uids.set(ground, await uidOf(ground));
    await ground.remove('Service', 'cart');
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Deployment [^"]*\/frontend/, 'CART_ADDR=cart:80', /no Service [^"]*\/cart exists/],
    },
    {
      tool: 'observe_logs',
      args: ({ namespace }) => ({ namespace, workload: 'deployment/frontend' }),
      shows: [/cart:80.*bad address/],
    },
  ],
  plans: [
    {
      id: 'create-service',
      title: 'create the Service as its siblings are',
      right: true,
      steps: (ground) => [
        {
          tool: 'mitigate_apply',
          args: { mode: 'create', manifest: service(ground, 'cart') },
        },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'expose-checkout',
      title: 'expose the pods of checkout under the name of cart',
      right: false,
      steps: (ground) => [
        {
          tool: 'mitigate_apply',
          args: { mode: 'create', manifest: service(ground, 'checkout') },
        },
      ],
      expect: { outcome: 'undone' },
    },
    {
      id: 'recreate-deployment',
      title: 'delete the Deployment cart and create a plain one',
      right: false,
      steps: (ground) => [
        {
          tool: 'mitigate_batch',
          args: {
            commands: [
              {
                tool: 'mitigate_delete',
                arguments: { kind: 'Deployment', name: 'cart', namespace: ground.namespace },
              },
              {
                tool: 'mitigate_apply',
                arguments: { mode: 'create', manifest: plainDeployment(ground) },
              },
            ],
          },
        },
      ],
      expect: { outcome: 'undone' },
      recreated: ['Deployment/cart'],
    },
  ],
  oracle: (ground) =>
    all(
      endpoints(ground, 'cart', 2),
      servicesUntouched(ground),
      othersUntouched(ground, []),
      uidOf(ground).then((uid) =>
        unless(uid === uids.get(ground), 'the Deployment cart was made anew'),
      ),
    ),
};

/** Of the ReplicaSet that has the pods. */
async function uidOf(ground: Ground) {
  const sets = await ground.list('ReplicaSet', 'app=cart');
  return at(
    sets.find((it) => at(it, 'spec', 'replicas') !== 0),
    'metadata',
    'uid',
  );
}

/** As the base application has it, for the pods of an app. */
function service(ground: Ground, app: string): JsonObject {
  const { apiVersion = '', kind = '', metadata = {}, spec } = released(ground, 'Service', 'cart');
  return {
    apiVersion,
    kind,
    metadata,
    spec: { ports: at(spec, 'ports') ?? [], selector: { app } },
  };
}

/** What `kubectl create deployment cart --image=local/web:1` makes. */
function plainDeployment({ namespace }: Ground): JsonObject {
  const labels = { app: 'cart' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cart', namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
      },
    },
  };
}
