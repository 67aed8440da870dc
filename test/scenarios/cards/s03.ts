import { setTimeout as sleep } from 'node:timers/promises';
import { at, type JsonObject, numberOf } from '../../../src/core/json.ts';
import { all, initContainersIn, othersUntouched, serving, unless } from '../oracle.ts';
import { health, patch, podList, remove, rollBack } from '../steps.ts';
import type { Card, Findings, Ground } from '../types.ts';

const DEFAULT = { maxUnavailable: '25%', maxSurge: '25%' };
const REPLICAS = 3;

export const s03: Card = {
  id: 'S03',
  title: 'rolling-drain',
  source: 'SREGym rolling_update_misconfigured',
  class: 'rollout and container spec',
  async inject(ground) {
    const hang = { name: 'hang-init', image: 'local/web:1', command: ['sleep', 'infinity'] };
    await ground.patch('Deployment', 'catalog', {
      spec: {
        strategy: { rollingUpdate: { maxUnavailable: '100%', maxSurge: '0%' } },
        template: { spec: { initContainers: [hang] } },
      },
    });
    await ground.wait('catalog to be drained', async () => {
      const deployment = await ground.get('Deployment', 'catalog');
      return (
        at(deployment, 'status', 'updatedReplicas') === REPLICAS &&
        numberOf(at(deployment, 'status', 'availableReplicas')) === undefined
      );
    });
  },
  symptoms: [
    health(/Deployment [^"]*\/catalog/, 'Outage', 'NoReadyEndpoints'),
    podList('catalog', 'Init:0/1'),
  ],
  plans: [
    {
      id: 'init-and-strategy',
      title: 'no init container, and the strategy that keeps pods',
      right: true,
      steps: (ground) => [
        patch(ground, 'Deployment', 'catalog', [
          { op: 'remove', path: '/spec/template/spec/initContainers' },
          { op: 'replace', path: '/spec/strategy/rollingUpdate', value: DEFAULT },
        ]),
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'roll-back-alone',
      title: 'back to the revision before',
      right: false,
      steps: (ground) => [rollBack(ground, 'catalog')],
      expect: { outcome: 'committed', lowers: true },
      why: 'the strategy is no part of a revision: all serve again, and the next rollout drains them again',
    },
    {
      id: 'delete',
      title: 'delete the Deployment, to create it again',
      right: false,
      steps: (ground) => [remove(ground, 'Deployment', 'catalog')],
      expect: { outcome: 'undone' },
      recreated: ['Deployment/catalog'],
    },
  ],
  oracle: async (ground) => {
    const deployment = await ground.get('Deployment', 'catalog');
    const strategy = at(deployment, 'spec', 'strategy', 'rollingUpdate');
    const unavailable = scaled(at(strategy, 'maxUnavailable') as string | number, Math.floor);
    const surge = scaled(at(strategy, 'maxSurge') as string | number, Math.ceil);
    return await all(
      Promise.resolve([
        ...unless(initContainersIn(deployment).length === 0, 'the init container is still there'),
        ...unless(unavailable < REPLICAS, 'the strategy may take all pods at once'),
        ...unless(unavailable + surge > 0, 'the strategy leaves no room for a rollout'),
      ]),
      serving(ground, 'catalog'),
      othersUntouched(ground, ['catalog']),
    );
  },
  trial: rolloutKeepsServing,
};

/** A rollout for an annotation, as any later one: at no moment nobody serves. */
async function rolloutKeepsServing(ground: Ground): Promise<Findings> {
  const annotations = { 'example.com/tried': 'yes' };
  await ground.patch('Deployment', 'catalog', {
    spec: { template: { metadata: { annotations } } },
  });
  let fewest = REPLICAS;
  await ground.wait('the rollout', async () => {
    const deployment: JsonObject | undefined = await ground.get('Deployment', 'catalog');
    const available = numberOf(at(deployment, 'status', 'availableReplicas')) ?? 0;
    fewest = Math.min(fewest, available);
    await sleep(50);
    return (await serving(ground, 'catalog')).length === 0;
  });
  return unless(fewest >= 1, 'a rollout left no pod of catalog available');
}

function scaled(value: string | number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * REPLICAS) / 100);
}
