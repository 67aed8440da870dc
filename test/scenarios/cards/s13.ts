import { at, objectsOf } from '../../../src/core/json.ts';
import { podsShow } from '../injections.ts';
import { all, othersUntouched, serving, unless } from '../oracle.ts';
import { events, health, patch, scale } from '../steps.ts';
import { type Card, COMMIT } from '../types.ts';

const RULE = {
  labelSelector: { matchLabels: { app: 'catalog' } },
  topologyKey: 'kubernetes.io/hostname',
};

export const s13: Card = {
  id: 'S13',
  title: 'anti-affinity-deadlock',
  source: 'SREGym pod_anti_affinity_deadlock; ITBench 44',
  class: 'scheduling and placement',
  async inject(ground) {
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [RULE] };
    await ground.patch('Deployment', 'catalog', {
      spec: { replicas: 4, template: { spec: { affinity: { podAntiAffinity } } } },
    });
    await podsShow(ground, 'catalog', 'Unschedulable');
  },
  symptoms: [
    health(/Deployment [^"]*\/catalog/, 'Unschedulable'),
    events('FailedScheduling', 'anti-affinity rules'),
  ],
  plans: [
    {
      id: 'no-rule-then-3',
      title: 'remove the rule, and when all run go back to 3',
      right: true,
      // Fewer replicas in the middle of a rollout could not be taken back.
      steps: (ground) => [
        patch(ground, 'Deployment', 'catalog', [
          { op: 'remove', path: '/spec/template/spec/affinity' },
        ]),
        COMMIT,
        scale(ground, 'catalog', 3),
      ],
      declared: ({ namespace }) => [
        { object: `Deployment/${namespace}/catalog`, reason: 'it had 3 before the failure' },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'preferred-then-3',
      title: 'prefer what was required, and when all run go back to 3',
      right: true,
      steps: (ground) => [
        patch(ground, 'Deployment', 'catalog', [
          {
            op: 'replace',
            path: '/spec/template/spec/affinity/podAntiAffinity',
            value: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 100, podAffinityTerm: RULE },
              ],
            },
          },
        ]),
        COMMIT,
        scale(ground, 'catalog', 3),
      ],
      declared: ({ namespace }) => [
        { object: `Deployment/${namespace}/catalog`, reason: 'it had 3 before the failure' },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'scale-to-1',
      title: 'one replica, which finds a node',
      right: false,
      steps: (ground) => [scale(ground, 'catalog', 1)],
      // The pods of the earlier revision that serve would not come back.
      expect: { outcome: 'refused', code: 'irreversible' },
    },
    {
      id: 'toleration',
      title: 'tolerate every taint, so that more nodes fit',
      right: false,
      steps: (ground) => [
        patch(ground, 'Deployment', 'catalog', [
          {
            op: 'add',
            path: '/spec/template/spec/tolerations',
            value: [{ operator: 'Exists' }],
          },
        ]),
      ],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: async (ground) => {
    const deployment = await ground.get('Deployment', 'catalog');
    const affinity = at(deployment, 'spec', 'template', 'spec', 'affinity', 'podAntiAffinity');
    const required = objectsOf(at(affinity, 'requiredDuringSchedulingIgnoredDuringExecution'));
    return await all(
      Promise.resolve(unless(required.length === 0, 'pods of catalog still keep each other away')),
      serving(ground, 'catalog'),
      othersUntouched(ground, ['catalog']),
    );
  },
};
