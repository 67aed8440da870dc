import { at, numberOf, stringOf } from '../../../src/core/json.ts';
import { podsShow } from '../injections.ts';
import {
  all,
  initContainersIn,
  othersUntouched,
  servicesUntouched,
  serving,
  unless,
} from '../oracle.ts';
import { apply, health, patch, podList, remove, rollBack } from '../steps.ts';
import type { Card, Ground } from '../types.ts';

const SERVICE = 'legacy-config-service';

export const s04: Card = {
  id: 'S04',
  title: 'init-hang',
  source: 'SREGym init_container_dependency_hang; ITBench 45',
  class: 'rollout and container spec',
  async inject(ground) {
    const host = `${SERVICE}.${ground.namespace}.svc.cluster.local`;
    const script = `until nslookup ${host}; do echo still waiting for ${SERVICE}; sleep 5; done`;
    const init = { name: 'wait-for-config', image: 'local/web:1', command: ['sh', '-c', script] };
    await ground.patch('Deployment', 'frontend', {
      spec: { template: { spec: { initContainers: [init] } } },
    });
    await podsShow(ground, 'frontend', 'PodInitializing');
  },
  symptoms: [
    health(/Deployment [^"]*\/frontend/, 'NotReady'),
    podList('frontend', 'Init:0/1', 'Running'),
    {
      tool: 'observe_logs',
      args: ({ namespace }) => ({
        namespace,
        workload: 'Deployment/frontend',
        container: 'wait-for-config',
      }),
      shows: ['still waiting'],
    },
  ],
  plans: [
    {
      id: 'roll-back',
      title: 'back to the revision without the init container',
      right: true,
      steps: (ground) => [rollBack(ground, 'frontend')],
      expect: { outcome: 'committed' },
    },
    {
      id: 'no-init-container',
      title: 'remove the init container',
      right: true,
      steps: (ground) => [
        patch(ground, 'Deployment', 'frontend', [
          { op: 'remove', path: '/spec/template/spec/initContainers' },
        ]),
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'delete-old-replicaset',
      title: 'delete the old ReplicaSet, so that the rollout can finish',
      right: false,
      steps: async (ground) => [remove(ground, 'ReplicaSet', await servingSet(ground))],
      // The Deployment would answer with pods of the broken template, and keep them.
      expect: { outcome: 'refused', code: 'irreversible' },
    },
    {
      id: 'old-replicaset-to-0',
      title: 'scale the old ReplicaSet to 0, so that the rollout can finish',
      right: false,
      steps: async (ground) => [
        {
          tool: 'mitigate_scale',
          args: {
            namespace: ground.namespace,
            kind: 'ReplicaSet',
            name: await servingSet(ground),
            replicas: 0,
          },
        },
      ],
      expect: { outcome: 'refused', code: 'irreversible' },
    },
    {
      id: 'empty-service',
      title: 'create the Service that the init container waits for',
      right: false,
      steps: (ground) => [
        apply(
          ground,
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: SERVICE },
            spec: { ports: [{ port: 80 }] },
          },
          'create',
        ),
      ],
      expect: { outcome: 'committed', lowers: true },
      why: 'a Service that nobody serves lets the pods start and hides the dependency on it',
    },
  ],
  oracle: async (ground) => {
    const deployment = await ground.get('Deployment', 'frontend');
    return await all(
      Promise.resolve(
        unless(initContainersIn(deployment).length === 0, 'the init container is still there'),
      ),
      serving(ground, 'frontend'),
      servicesUntouched(ground),
      othersUntouched(ground, ['frontend']),
    );
  },
};

/** The ReplicaSet whose pods serve. */
async function servingSet(ground: Ground): Promise<string> {
  const sets = await ground.list('ReplicaSet', 'app=frontend');
  const old = sets.find((it) => numberOf(at(it, 'status', 'readyReplicas')) === 3);
  return stringOf(at(old, 'metadata', 'name')) ?? 'none';
}
