import { at } from '../../../src/core/json.ts';
import { admitted, losePods, refused } from '../admission.ts';
import { all, othersUntouched, serving } from '../oracle.ts';
import type { Card, Ground } from '../types.ts';

const APP = 'recommendation';
const QUOTA = 'team-quota';

export const s26: Card = {
  id: 'S26',
  title: 'namespace-quota',
  source: 'SREGym namespace_memory_limit; ITBench 102',
  class: 'admission, quota and scale',
  async inject(ground) {
    const resources = { requests: { cpu: '10m' } };
    await ground.patch('Deployment', APP, [
      { op: 'replace', path: '/spec/template/spec/containers/0/resources', value: resources },
    ]);
    await ground.wait('it to run without memory', async () => {
      const pods = JSON.stringify(await ground.pods(APP));
      return !pods.includes('"memory"') && (await serving(ground, APP)).length === 0;
    });
    await ground.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: QUOTA, namespace: ground.namespace },
      spec: { hard: { memory: '1Gi' } },
    });
    await ground.wait('the quota to count', async () => {
      const quota = await ground.get('ResourceQuota', QUOTA);
      return at(quota, 'status', 'used', 'memory') !== undefined;
    });
    await losePods(ground, APP);
  },
  symptoms: refused(APP, ['must specify memory', QUOTA]),
  plans: [
    {
      id: 'delete-quota',
      title: 'delete the quota, and start the pods anew',
      right: true,
      // A ReplicaSet whose pods were refused for a while tries again minutes later; a new one at once.
      steps: ({ namespace }) => [
        { tool: 'mitigate_delete', args: { kind: 'ResourceQuota', name: QUOTA, namespace } },
        {
          tool: 'mitigate_rollout',
          args: { namespace, name: 'recommendation', action: 'restart' },
        },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'say-memory',
      title: 'say how much memory recommendation needs',
      right: true,
      steps: ({ namespace }) => {
        const resources = { requests: { memory: '16Mi' }, limits: { memory: '64Mi' } };
        return [{ tool: 'mitigate_set_container', args: { namespace, name: APP, resources } }];
      },
      expect: { outcome: 'committed' },
    },
    {
      id: 'free-the-quota',
      title: 'scale catalog to 0 to free what the quota counts',
      right: false,
      steps: ({ namespace }) => [
        { tool: 'mitigate_scale', args: { namespace, name: 'catalog', replicas: 0 } },
      ],
      expect: { outcome: 'undone' },
    },
    {
      id: 'raise-the-quota',
      title: 'raise the quota to 10Gi',
      right: false,
      steps: (ground) => [raise(ground)],
      expect: { outcome: 'committed' },
      why: 'Nothing is worse, nothing is better: the quota still demands what the pod does not say.',
    },
  ],
  oracle: (ground) =>
    all(serving(ground, APP), admitted(ground, [APP]), othersUntouched(ground, [APP])),
};

function raise({ namespace }: Ground) {
  const patch = { spec: { hard: { memory: '10Gi' } } };
  return {
    tool: 'mitigate_patch',
    args: { kind: 'ResourceQuota', name: QUOTA, namespace, type: 'merge', patch },
  };
}
