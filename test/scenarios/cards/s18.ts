import { at, objectsOf } from '../../../src/core/json.ts';
import { all, endpoints, othersUntouched, unless } from '../oracle.ts';
import type { Card, Findings, Ground } from '../types.ts';

const LABEL = 'service-route';
const LABELLED = ['frontend', 'catalog'];

export const s18: Card = {
  id: 'S18',
  title: 'selector-polluted',
  source: 'SREGym wrong_service_selector',
  class: 'service and network',
  async inject(ground) {
    const metadata = { labels: { [LABEL]: 'frontend' } };
    for (const name of LABELLED) {
      await ground.patch('Deployment', name, { spec: { template: { metadata } } });
    }
    const selector = { app: null, [LABEL]: 'frontend' };
    await ground.patch('Service', 'frontend', { spec: { selector } });
    await ground.wait(
      'both to be rolled out, behind one Service',
      async () =>
        (await endpoints(ground, 'frontend', 6)).length === 0 &&
        (await endpoints(ground, 'catalog', 3)).length === 0 &&
        (await ground.pods('catalog')).length + (await ground.pods('frontend')).length === 6,
    );
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [
        /Service [^"]*\/frontend/,
        '3 of its 6 ready endpoints',
        /Deployment\/[^"]*\/catalog/,
      ],
    },
    {
      tool: 'observe_get',
      args: ({ namespace }) => ({ kind: 'Service', name: 'frontend', namespace }),
      shows: [LABEL],
    },
  ],
  plans: [
    {
      id: 'selector-first',
      title: 'let frontend select its own pods again, then take the labels away',
      right: true,
      steps: (ground) => [selectOwn(ground), ...LABELLED.map((name) => unlabel(ground, name))],
      expect: { outcome: 'committed' },
    },
    {
      id: 'labels-alone',
      title: 'take the labels away',
      right: false,
      steps: (ground) => LABELLED.map((name) => unlabel(ground, name)),
      expect: { outcome: 'undone' },
    },
    {
      id: 'stop-catalog',
      title: 'scale catalog to 0 to clean the list',
      right: false,
      steps: ({ namespace }) => [
        { tool: 'mitigate_scale', args: { namespace, name: 'catalog', replicas: 0 } },
      ],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: (ground) =>
    all(
      ownEndpoints(ground),
      endpoints(ground, 'catalog', 3),
      ...LABELLED.map((name) => unlabelled(ground, name)),
      othersUntouched(ground, []),
    ),
};

function selectOwn({ namespace }: Ground) {
  const args = {
    namespace,
    name: 'frontend',
    selector: { app: 'frontend' },
    replace_selector: true,
  };
  return { tool: 'mitigate_set_service', args };
}

function unlabel({ namespace }: Ground, name: string) {
  const patch = { spec: { template: { metadata: { labels: { [LABEL]: null } } } } };
  return {
    tool: 'mitigate_patch',
    args: { kind: 'Deployment', name, namespace, type: 'merge', patch },
  };
}

async function ownEndpoints(ground: Ground): Promise<Findings> {
  const own = (await ground.pods('frontend')).map((pod) => at(pod, 'metadata', 'name'));
  const slices = await ground.list('EndpointSlice', 'kubernetes.io/service-name=frontend');
  const served = slices
    .flatMap((slice) => objectsOf(at(slice, 'endpoints')))
    .map((it) => at(it, 'targetRef', 'name'));
  const foreign = served.filter((name) => !own.includes(name));
  return unless(
    foreign.length === 0 && served.length === own.length,
    `frontend sends to ${served.length} pods, ${foreign.length} of them not its own`,
  );
}

async function unlabelled(ground: Ground, name: string): Promise<Findings> {
  const template = at(await ground.get('Deployment', name), 'spec', 'template');
  return unless(
    at(template, 'metadata', 'labels', LABEL) === undefined,
    `the pods of ${name} still have the label ${LABEL}`,
  );
}
