import { all, othersUntouched, servicesUntouched } from '../oracle.ts';
import type { Card, Ground } from '../types.ts';

export const s30: Card = {
  id: 'S30',
  title: 'scaled-to-zero',
  source: 'SREGym scale_pod_zero; AIOpsLab scale_pod_zero; ITBench 58',
  class: 'admission, quota and scale',
  async inject(ground) {
    await ground.scale('cart', 0);
    await ground.wait(
      'the pods of cart to go',
      async () => (await ground.pods('cart')).length === 0,
    );
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Service [^"]*\/cart/, 'matches no pod'],
    },
    {
      tool: 'observe_get',
      args: ({ namespace }) => ({ kind: 'Deployment', name: 'cart', namespace }),
      shows: ['replicas: 0'],
    },
  ],
  plans: [
    {
      id: 'two-again',
      title: 'scale cart to 2',
      right: true,
      steps: (ground) => [scale(ground, 'cart', 2)],
      expect: { outcome: 'committed' },
    },
    {
      id: 'one-of-each',
      title: 'scale everything to 1',
      right: false,
      steps: (ground) =>
        ['frontend', 'catalog', 'cart', 'checkout'].map((name) => scale(ground, name, 1)),
      expect: { outcome: 'undone' },
    },
    {
      id: 'one-is-enough',
      title: 'scale cart to 1',
      right: false,
      steps: (ground) => [scale(ground, 'cart', 1)],
      expect: { outcome: 'committed', lowers: true },
      why: 'It serves again with half of what it had; what it had is not in the cluster any more.',
    },
  ],
  oracle: (ground) => all(othersUntouched(ground, []), servicesUntouched(ground)),
};

function scale({ namespace }: Ground, name: string, replicas: number) {
  return { tool: 'mitigate_scale', args: { namespace, name, replicas } };
}
