import type { ControlPlaneClient } from '../cluster/index.ts';

export interface CrowdOptions {
  readonly pods: number;
  /** Default 10. */
  readonly podsPerDeployment?: number;
  /** How many of the Deployments get a Service with its slice (default 100). */
  readonly services?: number;
  /** Nodes to create (default 50). They have no kubelet. */
  readonly nodes?: number;
  /** Requests at once (default 24). */
  readonly parallel?: number;
}

/**
 * Fills a control plane with running pods and all that belongs to them: Nodes, Deployments, their
 * ReplicaSets, Services and slices, written as objects with a status. Nobody may tend them: the
 * controller manager has to stand still, or it takes the nodes for dead. About 9,000 requests a
 * minute on two cores.
 */
export async function crowd(
  cluster: Pick<ControlPlaneClient, 'request'>,
  namespace: string,
  options: CrowdOptions,
): Promise<void> {
  const { pods, podsPerDeployment = 10, services = 100, nodes = 50, parallel = 24 } = options;
  const deployments = Math.ceil(pods / podsPerDeployment);
  const jobs: (() => Promise<unknown>)[] = [];
  for (let index = 0; index < nodes; index++) jobs.push(() => createNode(cluster, index));
  for (let index = 0; index < deployments; index++) {
    const count = Math.min(podsPerDeployment, pods - index * podsPerDeployment);
    const hasService = index < services;
    jobs.push(() => createApp(cluster, namespace, index, count, nodes, hasService));
  }
  const queue = jobs.values();
  const lane = async () => {
    for (const job of queue) await job();
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}

type Requests = Pick<ControlPlaneClient, 'request'>;

async function create(cluster: Requests, path: string, object: object, status?: object) {
  const { json } = await cluster.request('POST', path, object);
  if (status === undefined) return json;
  const { name } = (json as { metadata: { name: string } }).metadata;
  await cluster.request('PATCH', `${path}/${name}/status`, { status });
  return json;
}

async function createNode(cluster: Requests, index: number): Promise<void> {
  const metadata = { name: `crowd-${index}` };
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }];
  await create(cluster, '/api/v1/nodes', { metadata }, { conditions });
}

async function createApp(
  cluster: Requests,
  namespace: string,
  index: number,
  pods: number,
  nodes: number,
  hasService: boolean,
): Promise<void> {
  const name = `app-${index}`;
  const labels = { app: name };
  const hash = 'pod-template-hash';
  const container = {
    name: 'web',
    image: 'local/web:1',
    ports: [{ containerPort: 8080 }],
    env: Array.from({ length: 10 }, (_, it) => ({ name: `SETTING_${it}`, value: `value ${it}` })),
    resources: { requests: { cpu: '100m', memory: '128Mi' } },
  };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const counts = { replicas: pods, readyReplicas: pods, availableReplicas: pods };
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const progressing = {
    type: 'Progressing',
    status: 'True',
    reason: 'NewReplicaSetAvailable',
    message: 'ready',
  };
  const spec = { replicas: pods, selector: { matchLabels: labels }, template };
  const deployment = await create(
    cluster,
    `${apps}/deployments`,
    { metadata: { name }, spec },
    { ...counts, updatedReplicas: pods, observedGeneration: 1, conditions: [progressing] },
  );
  const set = `${name}-5d9f`;
  const replicaSet = await create(
    cluster,
    `${apps}/replicasets`,
    {
      metadata: {
        name: set,
        labels: { ...labels, [hash]: '5d9f' },
        ownerReferences: [owner('Deployment', deployment)],
      },
      spec: {
        ...spec,
        selector: { matchLabels: { ...labels, [hash]: '5d9f' } },
        template: { ...template, metadata: { labels: { ...labels, [hash]: '5d9f' } } },
      },
    },
    { ...counts, observedGeneration: 1 },
  );
  const endpoints: object[] = [];
  for (let pod = 0; pod < pods; pod++) {
    const node = `crowd-${(index * pods + pod) % nodes}`;
    const ip = `10.${1 + (index >> 8)}.${index & 255}.${pod + 1}`;
    const made = await create(
      cluster,
      `/api/v1/namespaces/${namespace}/pods`,
      {
        metadata: {
          name: `${set}-${pod}`,
          labels: { ...labels, [hash]: '5d9f' },
          ownerReferences: [owner('ReplicaSet', replicaSet)],
        },
        spec: { ...template.spec, nodeName: node },
      },
      podStatus(ip),
    );
    const { name: podName, uid } = metadataOf(made);
    endpoints.push({
      addresses: [ip],
      conditions: { ready: true },
      nodeName: node,
      targetRef: { kind: 'Pod', namespace, name: podName, uid },
    });
  }
  if (!hasService) return;
  await create(cluster, `/api/v1/namespaces/${namespace}/services`, {
    metadata: { name },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await create(cluster, `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints,
  });
}

function podStatus(podIP: string): object {
  const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  const on = (type: string) => ({ type, status: 'True', lastTransitionTime: now });
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(on),
    containerStatuses: [
      {
        name: 'web',
        image: 'local/web:1',
        imageID: 'local/web@sha256:0',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      },
    ],
  };
}

function metadataOf(made: object): { name: string; uid: string } {
  return (made as { metadata: { name: string; uid: string } }).metadata;
}

function owner(kind: string, made: object): object {
  const { name, uid } = metadataOf(made);
  return { apiVersion: 'apps/v1', kind, name, uid, controller: true };
}
