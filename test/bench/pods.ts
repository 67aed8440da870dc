import type { Bench } from './bench.ts';
import { inParallel } from './parallel.ts';
import type { Raw } from './raw.ts';

const PER_NAMESPACE = 500;
const AT_ONCE = 50;

/** Where the pods of a size are: the first namespaces of all. */
export function namespacesOf(pods: number): string[] {
  return Array.from({ length: Math.ceil(pods / PER_NAMESPACE) }, (_, i) => `bench-pods-${i}`);
}

/**
 * Adds pods until there are so many: running and ready as far as the API server knows, on no node,
 * so that nothing else takes care of them. Those that are there already stay.
 */
export async function ensurePods({ plane, raw, say }: Bench, wanted: number): Promise<void> {
  const api = await raw();
  const client = await plane();
  const there = new Set(await names(api));
  for (const namespace of namespacesOf(wanted)) {
    if (there.has(`${namespace}/web-0`)) continue;
    await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    await client.waitFor(`an account in ${namespace}`, () =>
      api.send('GET', account).then(Boolean),
    );
  }
  const missing = Array.from({ length: wanted }, (_, i) => ({
    namespace: `bench-pods-${Math.floor(i / PER_NAMESPACE)}`,
    name: `web-${i % PER_NAMESPACE}`,
  })).filter(({ namespace, name }) => !there.has(`${namespace}/${name}`));
  if (missing.length > 0) say(`creating ${missing.length} pods`);
  await inParallel(missing, AT_ONCE, ({ namespace, name }) => createPod(api, namespace, name));
}

async function names(api: Raw): Promise<string[]> {
  const { items } = JSON.parse(await api.send('GET', '/api/v1/pods')) as {
    items: { metadata: { name: string; namespace: string } }[];
  };
  return items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

async function createPod(api: Raw, namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await api.send('POST', path, {
    metadata: { name, labels: { app: 'web', 'pod-template-hash': '5d9f7c8b6' } },
    spec: {
      // Nobody's: the default scheduler leaves it alone.
      schedulerName: 'bench',
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'app',
          image: 'shop/web:1.0',
          env: [{ name: 'MODE', value: 'fast' }],
          resources: { requests: { cpu: '100m', memory: '64Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
        },
      ],
    },
  });
  const startedAt = new Date().toISOString();
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: startedAt });
  await api.send('PATCH', `${path}/${name}/status`, {
    status: {
      phase: 'Running',
      startTime: startedAt,
      podIP: '10.1.2.3',
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
      containerStatuses: [
        {
          name: 'app',
          ready: true,
          started: true,
          restartCount: 0,
          image: 'shop/web:1.0',
          imageID: 'sha256:1',
          state: { running: { startedAt } },
        },
      ],
    },
  });
}
