import { at } from '../../../src/core/json.ts';
import type { Behaviour, Site, Step } from '../types.ts';
import { KILLING, shell, UP, web } from './parts.ts';

const RUNNING: Step = { expect: { pod: 'Running, ready', containers: { web: 'running; ready' } } };
const GONE = { pod: 'gone', containers: {}, events: [...UP, KILLING] };

const pods = ({ namespace }: Site) => `/api/v1/namespaces/${namespace}/pods`;
const deletePod =
  (query = '') =>
  async (site: Site): Promise<void> => {
    await site.cluster.request('DELETE', `${pods(site)}/web${query}`);
  };
const evict = async (site: Site): Promise<void> => {
  const metadata = { name: 'web', namespace: site.namespace };
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata };
  await site.cluster.request('POST', `${pods(site)}/web/eviction`, eviction);
};

const unscheduled = (message: string) => ({
  pod: `Pending, Unschedulable: ${message}`,
  containers: {},
  events: [`Warning FailedScheduling: ${message}`],
});

/** Deletion, eviction, and pods that find no node. */
export const ending: readonly Behaviour[] = [
  {
    name: 'deletion of a server that stops when told',
    spec: { containers: [web] },
    steps: [RUNNING, { act: deletePod(), expect: GONE }],
  },
  {
    name: 'deletion of a process that ignores its signal: killed after its grace period',
    spec: { terminationGracePeriodSeconds: 5, containers: [shell('sleep infinity')] },
    steps: [
      RUNNING,
      {
        act: deletePod(),
        expect: { pod: 'Running, ready, terminating', containers: { web: 'running; ready' } },
      },
      { expect: GONE },
    ],
  },
  {
    name: 'deletion with a grace period of 0 given by the caller',
    spec: { containers: [shell('sleep infinity')] },
    steps: [RUNNING, { act: deletePod('?gracePeriodSeconds=0'), expect: GONE }],
  },
  {
    name: 'eviction',
    spec: { containers: [web] },
    steps: [RUNNING, { act: evict, expect: GONE }],
  },
  {
    name: 'eviction that a disruption budget forbids',
    objects: [
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      },
    ],
    spec: { containers: [web] },
    steps: [
      RUNNING,
      {
        act: async (site) => {
          const refused = await evict(site).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (at(refused as never, 'status') !== 429) throw new Error(`not refused: ${refused}`);
        },
        expect: { pod: 'Running, ready', containers: { web: 'running; ready' }, events: UP },
      },
    ],
  },
  {
    name: 'a node selector that no node has',
    spec: { nodeSelector: { 'kubernetes.io/hostname': 'extra-node' }, containers: [web] },
    steps: [
      {
        expect: unscheduled(
          "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
        ),
      },
    ],
  },
  {
    name: 'a request for more memory than any node has',
    spec: { containers: [{ ...web, resources: { requests: { memory: '9Ti' } } }] },
    steps: [
      {
        expect: unscheduled(
          '0/3 nodes are available: 3 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
        ),
      },
    ],
  },
  {
    name: 'a claim that does not exist',
    spec: {
      containers: [{ ...web, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'nowhere' } }],
    },
    steps: [
      {
        expect: unscheduled(
          '0/3 nodes are available: persistentvolumeclaim "nowhere" not found. not found',
        ),
      },
    ],
  },
  {
    name: 'a host port that is taken on every node',
    objects: ['a', 'b', 'c'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ ...web, ports: [{ containerPort: 8080, hostPort: 9177 }] }],
      },
    })),
    spec: { containers: [{ ...web, ports: [{ containerPort: 8080, hostPort: 9177 }] }] },
    steps: [
      {
        expect: unscheduled(
          "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
        ),
      },
    ],
  },
];
