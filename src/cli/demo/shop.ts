import type { JsonObject } from '../../core/json.ts';

export const SHOP = 'shop';

interface App {
  readonly name: string;
  readonly replicas: number;
  /** The app whose address it gets by environment. */
  readonly calls?: string;
}

export const SHOP_APPS: readonly App[] = [
  { name: 'frontend', replicas: 3, calls: 'catalog' },
  { name: 'catalog', replicas: 3 },
  { name: 'cart', replicas: 2, calls: 'catalog' },
];

/** What the demo's cluster runs: three Deployments with a Service each, eight pods. */
export function shop(): JsonObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } },
    ...SHOP_APPS.flatMap((app) => [deployment(app), service(app)]),
  ];
}

function deployment({ name, replicas, calls }: App): JsonObject {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 5 });
  const container = {
    name: 'web',
    image: 'local/web:1',
    ports: [{ name: 'http', containerPort: 8080 }],
    env: calls === undefined ? [] : [{ name: `${calls.toUpperCase()}_ADDR`, value: `${calls}:80` }],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
    readinessProbe: probe('/ready'),
    livenessProbe: probe('/healthz'),
  };
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: SHOP, labels },
    spec: {
      replicas,
      progressDeadlineSeconds: 60,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

function service({ name }: App): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: SHOP, labels: { app: name } },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}
