import { at, type JsonObject } from '../../../src/core/json.ts';
import { podsShow, replace } from '../injections.ts';
import { all, containersIn, othersUntouched, serving, unless } from '../oracle.ts';
import { events, health, patch } from '../steps.ts';
import type { Card, Findings, Ground } from '../types.ts';

const EXPORTER = 'node-exporter';
const HOST_PORT = '/spec/template/spec/containers/0/ports/0/hostPort';

export const s15: Card = {
  id: 'S15',
  title: 'hostport-conflict',
  source: 'SREGym service_port_conflict',
  class: 'scheduling and placement',
  async prepare(ground) {
    const { other: name } = ground;
    await ground.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await ground.create(exporter(ground));
    await ground.wait('the node exporters', async () => (await exporting(ground)).length === 0);
  },
  async inject(ground) {
    await replace(ground, 'Deployment', 'recommendation', (manifest) => {
      const [web] = containersIn(manifest);
      Object.assign(at(web, 'ports', 0) as object, { hostPort: ground.hostPort });
    });
    await podsShow(ground, 'recommendation', 'Unschedulable');
  },
  observed: ({ namespace, other }) => [namespace, other],
  symptoms: [
    health(/Deployment [^"]*\/recommendation/, 'Outage', 'Unschedulable'),
    events('FailedScheduling', "didn't have free ports for the requested pod ports"),
  ],
  plans: [
    {
      id: 'no-host-port',
      title: 'remove the host port, which nobody needs',
      right: true,
      steps: (ground) => [
        patch(ground, 'Deployment', 'recommendation', [{ op: 'remove', path: HOST_PORT }]),
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'delete-exporter',
      title: 'delete the DaemonSet that holds the port',
      right: false,
      namespaces: ({ namespace, other }) => [namespace, other],
      steps: ({ other }) => [
        { tool: 'mitigate_delete', args: { kind: 'DaemonSet', name: EXPORTER, namespace: other } },
      ],
      expect: { outcome: 'undone' },
      recreated: [`DaemonSet/${EXPORTER}`],
    },
    {
      id: 'another-host-port',
      title: 'another port of the host',
      right: false,
      steps: (ground) => [
        patch(ground, 'Deployment', 'recommendation', [
          { op: 'replace', path: HOST_PORT, value: ground.hostPort + 20_000 },
        ]),
      ],
      expect: { outcome: 'committed', lowers: true },
      why: 'it runs, and still binds a port of the host that nobody needs',
    },
  ],
  oracle: async (ground) => {
    const [web] = containersIn(await ground.get('Deployment', 'recommendation'));
    return await all(
      Promise.resolve(
        unless(at(web, 'ports', 0, 'hostPort') === undefined, 'the host port is still there'),
      ),
      exporting(ground),
      serving(ground, 'recommendation'),
      othersUntouched(ground, ['recommendation']),
    );
  },
};

async function exporting(ground: Ground): Promise<Findings> {
  const set = await ground.get('DaemonSet', EXPORTER, ground.other);
  const count = (field: string) => at(set, 'status', field);
  return [
    ...unless(
      count('desiredNumberScheduled') === ground.nodes.length,
      'the node exporter is not meant for every node',
    ),
    ...unless(
      count('numberReady') === ground.nodes.length,
      `the node exporter is ready on ${count('numberReady') ?? 0} nodes`,
    ),
  ];
}

function exporter({ other: namespace, hostPort }: Ground): JsonObject {
  const labels = { app: EXPORTER };
  const container = {
    name: 'exporter',
    image: 'local/web:1',
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'metrics', containerPort: 8080, hostPort }],
    resources: { requests: { cpu: '5m', memory: '16Mi' }, limits: { memory: '64Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: EXPORTER, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}
