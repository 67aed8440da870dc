import { at, objectsOf } from '../../../src/core/json.ts';
import {
  all,
  containersIn,
  othersUntouched,
  servicesUntouched,
  serving,
  unless,
} from '../oracle.ts';
import type { Card, Findings, Ground } from '../types.ts';

const VARIABLE = 'CATALOG_ADDR';

export const s24: Card = {
  id: 'S24',
  title: 'wrong-dependency-address',
  source: 'SREGym incorrect_port_assignment; ITBench 16, 24',
  class: 'storage, configuration and secrets',
  async inject(ground) {
    const [web] = containersIn(await ground.get('Deployment', 'checkout'));
    const index = objectsOf(at(web, 'env')).findIndex((it) => it.name === VARIABLE);
    const path = `/spec/template/spec/containers/0/env/${index}/value`;
    await ground.patch('Deployment', 'checkout', [{ op: 'replace', path, value: 'catalog:8082' }]);
    await ground.wait(
      'the wrong address to be rolled out',
      async () => (await serving(ground, 'checkout')).length === 0,
    );
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Deployment [^"]*\/checkout/, `${VARIABLE}=catalog:8082`, 'has no port 8082'],
    },
    {
      tool: 'observe_logs',
      args: ({ namespace }) => ({ namespace, workload: 'deployment/checkout' }),
      shows: [/catalog:8082.*refused/],
    },
    {
      tool: 'observe_rollout',
      args: ({ namespace }) => ({ kind: 'Deployment', name: 'checkout', namespace }),
      shows: ['catalog:8082', 'catalog:80'],
    },
  ],
  plans: [
    {
      id: 'right-address',
      title: 'set the address of catalog in checkout',
      right: true,
      steps: ({ namespace }) => {
        const env = { set: [{ name: VARIABLE, value: 'catalog:80' }] };
        return [{ tool: 'mitigate_set_container', args: { namespace, name: 'checkout', env } }];
      },
      expect: { outcome: 'committed' },
    },
    {
      id: 'roll-back',
      title: 'back to the revision before',
      right: true,
      steps: ({ namespace }) => [
        { tool: 'mitigate_rollout', args: { namespace, name: 'checkout', action: 'undo' } },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'move-the-service',
      title: 'let catalog listen on 8082, as checkout asks',
      right: false,
      steps: ({ namespace }) => [
        {
          tool: 'mitigate_patch',
          args: {
            kind: 'Service',
            name: 'catalog',
            namespace,
            type: 'json',
            patch: [{ op: 'replace', path: '/spec/ports/0/port', value: 8082 }],
          },
        },
      ],
      expect: { outcome: 'undone' },
    },
    {
      id: 'shadow-it',
      title: 'append a second definition that wins by its place',
      right: false,
      steps: ({ namespace }) => [
        {
          tool: 'mitigate_patch',
          args: {
            kind: 'Deployment',
            name: 'checkout',
            namespace,
            type: 'json',
            patch: [
              {
                op: 'add',
                path: '/spec/template/spec/containers/0/env/-',
                value: { name: VARIABLE, value: 'catalog:80' },
              },
            ],
          },
        },
      ],
      expect: { outcome: 'committed', lowers: true },
      why: 'It works, by the order of two definitions alone; the next edit of either breaks it.',
    },
  ],
  oracle: (ground) =>
    all(
      definitions(ground),
      serving(ground, 'checkout'),
      servicesUntouched(ground),
      othersUntouched(ground, []),
    ),
};

async function definitions(ground: Ground): Promise<Findings> {
  const [web] = containersIn(await ground.get('Deployment', 'checkout'));
  const values = objectsOf(at(web, 'env'))
    .filter((it) => it.name === VARIABLE)
    .map((it) => it.value);
  return unless(
    values.join() === 'catalog:80',
    `${VARIABLE} is defined as ${values.join(' and ')}`,
  );
}
