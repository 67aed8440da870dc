import { BASE_APPS } from '../../cluster/base-app.ts';
import { admitted, losePods, refused } from '../admission.ts';
import { all, othersUntouched, serving } from '../oracle.ts';
import type { Card, Ground } from '../types.ts';

const APP = 'recommendation';
const ENFORCE = 'pod-security.kubernetes.io/enforce';

export const s28: Card = {
  id: 'S28',
  title: 'psa-restricted',
  source: 'SREGym pod_security_admission',
  class: 'admission, quota and scale',
  async inject(ground) {
    const metadata = { labels: { [ENFORCE]: 'restricted' } };
    await ground.patch('Namespace', ground.namespace, { metadata });
    await losePods(ground, APP);
  },
  symptoms: [
    ...refused(APP, ['violates PodSecurity']),
    {
      tool: 'observe_get',
      args: ({ namespace }) => ({ kind: 'Namespace', name: namespace }),
      shows: [ENFORCE],
    },
  ],
  plans: [
    {
      id: 'baseline',
      title: 'enforce the baseline level, which the shop meets',
      right: true,
      steps: (ground) => [enforce(ground, 'baseline')],
      expect: { outcome: 'committed' },
    },
    {
      id: 'no-level',
      title: 'take the label away',
      right: true,
      steps: (ground) => [enforce(ground, null)],
      expect: { outcome: 'committed' },
    },
    {
      id: 'comply-alone',
      title: 'let recommendation meet the restricted level',
      right: false,
      steps: (ground) => [secure(ground, COMPLIANT)],
      expect: { outcome: 'committed', lowers: true },
      why: 'It runs again, and the next pod that any other Deployment loses is refused as it was.',
    },
    {
      id: 'drain-a-node',
      title: 'drain a node, so that the pod moves',
      right: false,
      steps: ({ nodes }) => [{ tool: 'mitigate_drain', args: { name: nodes[1] ?? '' } }],
      expect: { outcome: 'refused' },
      alone: true,
    },
    {
      id: 'run-privileged',
      title: 'run recommendation as root, privileged',
      right: false,
      steps: (ground) => [secure(ground, { runAsUser: 0, privileged: true })],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: (ground) =>
    all(
      serving(ground, APP),
      admitted(
        ground,
        BASE_APPS.map(({ name }) => name),
      ),
      othersUntouched(ground, []),
    ),
};

const COMPLIANT = {
  runAsNonRoot: true,
  runAsUser: 65_534,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

function enforce({ namespace }: Ground, level: string | null) {
  const args = { kind: 'Namespace', name: namespace, labels: { [ENFORCE]: level } };
  return { tool: 'mitigate_set_metadata', args };
}

function secure({ namespace }: Ground, securityContext: object) {
  const containers = [{ name: 'web', securityContext: { ...securityContext } }];
  const patch = { spec: { template: { spec: { containers } } } };
  return { tool: 'mitigate_patch', args: { kind: 'Deployment', name: APP, namespace, patch } };
}
