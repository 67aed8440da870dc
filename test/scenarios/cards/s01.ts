import { at, stringOf } from '../../../src/core/json.ts';
import { podsShow } from '../injections.ts';
import { all, containersIn, othersUntouched, serving, unless } from '../oracle.ts';
import { events, health, rollBack, scale, setContainer } from '../steps.ts';
import type { Card, Ground } from '../types.ts';

const BUILT = ['local/web:1', 'local/web:2'];

export const s01: Card = {
  id: 'S01',
  title: 'bad-image',
  source: 'SREGym incorrect_image; ITBench 20',
  class: 'rollout and container spec',
  async inject(ground) {
    const path = '/spec/template/spec/containers/0/image';
    await ground.patch('Deployment', 'catalog', [{ op: 'replace', path, value: 'local/web:nope' }]);
    await podsShow(ground, 'catalog', 'ImagePullBackOff');
  },
  symptoms: [
    health(/Deployment [^"]*\/catalog/, 'ImagePull', 'local/web:nope'),
    events('Failed', 'local/web:nope'),
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
      steps: (ground) => [rollBack(ground, 'catalog')],
      expect: { outcome: 'committed' },
    },
    {
      id: 'tag-that-exists',
      title: 'the tag that the running pods use',
      right: true,
      steps: (ground) => [setContainer(ground, 'catalog', { image: 'local/web:1' })],
      expect: { outcome: 'committed' },
    },
    {
      id: 'clean-restart',
      title: 'scale catalog to 0 and back to 3',
      right: false,
      steps: (ground) => [scale(ground, 'catalog', 0), scale(ground, 'catalog', 3)],
      // Pods of the earlier revision serve; scaling back would start those of the broken one.
      expect: { outcome: 'refused', code: 'irreversible' },
    },
    {
      id: 'wrong-deployment',
      title: 'an unbuilt tag for frontend',
      right: false,
      steps: (ground) => [setContainer(ground, 'frontend', { image: 'local/web:3' })],
      expect: { outcome: 'undone' },
    },
    {
      id: 'another-unbuilt-tag',
      title: 'another tag for catalog that nobody built',
      right: false,
      steps: (ground) => [setContainer(ground, 'catalog', { image: 'local/web:4' })],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: (ground) =>
    all(
      image(ground).then((it) => unless(BUILT.includes(it), `catalog runs ${it}`)),
      serving(ground, 'catalog'),
      othersUntouched(ground, ['catalog']),
    ),
};

async function image(ground: Ground): Promise<string> {
  const [web] = containersIn(await ground.get('Deployment', 'catalog'));
  return stringOf(at(web, 'image')) ?? 'no image';
}
