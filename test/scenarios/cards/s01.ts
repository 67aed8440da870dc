import { at, stringOf } from '../../../src/core/json.ts';
import { all, containersIn, othersUntouched, serving, unless } from '../oracle.ts';
import type { Card, Ground } from '../types.ts';

const RUNNING = ['local/web:1', 'local/web:2'];

export const s01: Card = {
  id: 'S01',
  title: 'bad-image',
  source: 'SREGym incorrect_image; ITBench 20',
  class: 'rollout and container spec',
  async inject(ground) {
    const path = '/spec/template/spec/containers/0/image';
    await ground.patch('Deployment', 'catalog', [{ op: 'replace', path, value: 'local/web:nope' }]);
    await ground.wait('catalog to fail its pull', async () =>
      JSON.stringify(await ground.pods('catalog')).includes('ImagePullBackOff'),
    );
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Deployment [^"]*\/catalog/, 'ImagePull', 'local/web:nope'],
    },
    {
      tool: 'observe_events',
      args: ({ namespace }) => ({ namespace, reason: 'Failed' }),
      shows: ['local/web:nope'],
    },
    {
      tool: 'observe_rollout',
      args: ({ namespace }) => ({ kind: 'Deployment', name: 'catalog', namespace }),
      shows: ['local/web:1', 'local/web:nope'],
    },
  ],
  plans: [
    {
      id: 'roll-back',
      title: 'back to the revision before',
      right: true,
      steps: ({ namespace }) => [
        { tool: 'mitigate_rollout', args: { namespace, name: 'catalog', action: 'undo' } },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'tag-that-exists',
      title: 'the tag that the running pods use',
      right: true,
      steps: (ground) => [setImage(ground, 'catalog', 'local/web:1')],
      expect: { outcome: 'committed' },
    },
    {
      id: 'clean-restart',
      title: 'scale catalog to 0 and back to 3',
      right: false,
      steps: (ground) => [scale(ground, 0), scale(ground, 3)],
      // Pods of the earlier revision serve; scaling back would start those of the broken one.
      expect: { outcome: 'refused', code: 'irreversible' },
    },
    {
      id: 'wrong-deployment',
      title: 'an unbuilt tag for frontend',
      right: false,
      steps: (ground) => [setImage(ground, 'frontend', 'local/web:3')],
      expect: { outcome: 'undone' },
    },
    {
      id: 'another-unbuilt-tag',
      title: 'another tag for catalog that nobody built',
      right: false,
      steps: (ground) => [setImage(ground, 'catalog', 'local/web:4')],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: async (ground) =>
    all(
      image(ground).then((it) => unless(RUNNING.includes(it), `catalog runs ${it}`)),
      serving(ground, 'catalog'),
      othersUntouched(ground, ['catalog']),
    ),
};

function setImage({ namespace }: Ground, name: string, image: string) {
  return { tool: 'mitigate_set_container', args: { namespace, name, image } };
}

function scale({ namespace }: Ground, replicas: number) {
  return { tool: 'mitigate_scale', args: { namespace, name: 'catalog', replicas } };
}

async function image(ground: Ground): Promise<string> {
  const [web] = containersIn(await ground.get('Deployment', 'catalog'));
  return stringOf(at(web, 'image')) ?? 'no image';
}
