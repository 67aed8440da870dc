import { at } from '../../../src/core/json.ts';
import { podsShow, replace } from '../injections.ts';
import { all, othersUntouched, serving, unless } from '../oracle.ts';
import { events, health, patch } from '../steps.ts';
import type { Card, Findings, Ground } from '../types.ts';

const HOSTNAME = 'kubernetes.io/hostname';

export const s11: Card = {
  id: 'S11',
  title: 'missing-node',
  source: 'SREGym and AIOpsLab assign_to_non_existent_node; ITBench 33',
  class: 'scheduling and placement',
  async inject(ground) {
    await replace(ground, 'Deployment', 'checkout', (manifest) => {
      const pod = at(manifest, 'spec', 'template', 'spec');
      Object.assign(pod as object, { nodeSelector: { [HOSTNAME]: 'extra-node' } });
    });
    await podsShow(ground, 'checkout', 'Unschedulable');
  },
  symptoms: [
    health(/Deployment [^"]*\/checkout/, 'Outage', 'Unschedulable'),
    events('FailedScheduling', "didn't match Pod's node affinity/selector"),
  ],
  plans: [
    {
      id: 'no-node-selector',
      title: 'remove the node selector',
      right: true,
      steps: (ground) => [
        patch(ground, 'Deployment', 'checkout', [
          { op: 'remove', path: '/spec/template/spec/nodeSelector' },
        ]),
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'drain',
      title: 'drain the first node, so that the pods are placed anew',
      right: false,
      alone: true,
      namespaces: () => ['*'],
      steps: ({ nodes }) => [{ tool: 'mitigate_drain', args: { name: nodes[0] } }],
      expect: { outcome: 'undone' },
    },
    {
      id: 'relabel-node',
      title: 'call the first node by the name that the selector wants',
      right: false,
      alone: true,
      namespaces: () => ['*'],
      steps: ({ nodes }) => [
        {
          tool: 'mitigate_set_metadata',
          args: { kind: 'Node', name: nodes[0], labels: { [HOSTNAME]: 'extra-node' } },
        },
      ],
      expect: { outcome: 'committed', lowers: true },
      why: 'the pods start there, and the volume of db finds its node no more when db starts the next time',
      cleanUp: async (ground) => {
        const [first = ''] = ground.nodes;
        await ground.patch('Node', first, { metadata: { labels: { [HOSTNAME]: first } } });
      },
    },
  ],
  oracle: async (ground) => {
    const deployment = await ground.get('Deployment', 'checkout');
    const selector = at(deployment, 'spec', 'template', 'spec', 'nodeSelector');
    return await all(
      Promise.resolve(unless(selector === undefined, 'the node selector is still there')),
      nodesUntouched(ground),
      serving(ground, 'checkout'),
      othersUntouched(ground, ['checkout']),
    );
  },
};

async function nodesUntouched(ground: Ground): Promise<Findings> {
  const nodes = await ground.list('Node');
  return nodes.flatMap((node) => {
    const name = String(at(node, 'metadata', 'name'));
    return [
      ...unless(
        at(node, 'metadata', 'labels', HOSTNAME) === name,
        `node ${name} is called by another name`,
      ),
      ...unless(at(node, 'spec', 'unschedulable') !== true, `node ${name} is cordoned`),
    ];
  });
}
