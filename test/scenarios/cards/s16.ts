import { at, objectsOf } from '../../../src/core/json.ts';
import {
  all,
  containersIn,
  endpoints,
  othersUntouched,
  servicesUntouched,
  unless,
} from '../oracle.ts';
import type { Card, Findings, Ground } from '../types.ts';

/** Nothing listens there. */
const NOWHERE = 9999;

export const s16: Card = {
  id: 'S16',
  title: 'target-port',
  source: 'SREGym k8s_target_port_misconfig; AIOpsLab misconfig target port; ITBench 30',
  class: 'service and network',
  async inject(ground) {
    const ports = [{ name: 'http', port: 80, targetPort: NOWHERE }];
    await ground.patch('Service', 'catalog', { spec: { ports } });
    await ground.wait('the endpoints of catalog to move', async () => {
      const slices = await ground.list('EndpointSlice', 'kubernetes.io/service-name=catalog');
      return slices.flatMap((it) => objectsOf(it.ports)).every((it) => it.port === NOWHERE);
    });
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Service [^"]*\/catalog/, `target port ${NOWHERE}`, '8080'],
    },
    {
      tool: 'observe_describe',
      args: ({ namespace }) => ({ kind: 'Service', name: 'catalog', namespace }),
      shows: [String(NOWHERE)],
    },
    {
      tool: 'observe_logs',
      args: ({ namespace }) => ({ namespace, workload: 'deployment/cart' }),
      shows: [/catalog:80.*refused/],
    },
  ],
  plans: [
    {
      id: 'port-by-number',
      title: 'send catalog to 8080 again',
      right: true,
      steps: (ground) => [setTarget(ground, 'catalog', 8080)],
      expect: { outcome: 'committed' },
    },
    {
      id: 'port-by-name',
      title: 'send catalog to the port that its pods call http',
      right: true,
      steps: (ground) => [setTarget(ground, 'catalog', 'http')],
      expect: { outcome: 'committed' },
    },
    {
      id: 'align-frontend',
      title: 'send frontend to 9999 too, so that all Services agree',
      right: false,
      steps: (ground) => [setTarget(ground, 'frontend', NOWHERE)],
      expect: { outcome: 'undone' },
    },
    {
      id: 'move-application',
      title: 'let catalog listen on 9999 and declare it, its probes as they are',
      right: false,
      steps: ({ namespace }) => [
        {
          tool: 'mitigate_patch',
          args: {
            kind: 'Deployment',
            name: 'catalog',
            namespace,
            type: 'json',
            patch: [
              {
                op: 'replace',
                path: '/spec/template/spec/containers/0/ports/0/containerPort',
                value: NOWHERE,
              },
              {
                op: 'add',
                path: '/spec/template/spec/containers/0/env/-',
                value: { name: 'PORT', value: String(NOWHERE) },
              },
            ],
          },
        },
      ],
      expect: { outcome: 'undone' },
    },
  ],
  oracle: (ground) =>
    all(
      targetDeclared(ground),
      endpoints(ground, 'catalog', 3),
      servicesUntouched(ground, ['catalog']),
      othersUntouched(ground, []),
    ),
};

function setTarget({ namespace }: Ground, name: string, target: number | string) {
  const ports = [{ port: 80, target_port: target }];
  return { tool: 'mitigate_set_service', args: { namespace, name, ports } };
}

/** By number or by name: every pod behind the Service declares the port that it is sent to. */
async function targetDeclared(ground: Ground): Promise<Findings> {
  const service = await ground.get('Service', 'catalog');
  const target = at(objectsOf(at(service, 'spec', 'ports'))[0], 'targetPort');
  const declared = containersIn(await ground.get('Deployment', 'catalog'))
    .flatMap((it) => objectsOf(it.ports))
    .flatMap((it) => [it.containerPort, it.name]);
  return unless(target !== undefined && declared.includes(target), `catalog is sent to ${target}`);
}
