import { at, objectsOf } from '../../src/core/json.ts';
import type { ControlPlaneClient } from './types.ts';

export interface BaseAppOptions {
  /** Default `shop`. */
  readonly namespace?: string | undefined;
  /** The node that holds the database's volume; default: any may mount it. */
  readonly node?: string | undefined;
  /** After which a rollout that doesn't go on is said to be stuck; default 60. */
  readonly progressDeadlineSeconds?: number | undefined;
}

interface App {
  readonly name: string;
  readonly replicas: number;
  /** The apps whose addresses it gets by environment. */
  readonly calls: readonly string[];
  /** Whether it logs in to the database, or is the database. */
  readonly credential: boolean;
}

export const BASE_APPS: readonly App[] = [
  { name: 'frontend', replicas: 3, calls: ['catalog', 'cart'], credential: false },
  { name: 'catalog', replicas: 3, calls: ['db'], credential: true },
  { name: 'cart', replicas: 2, calls: ['catalog'], credential: false },
  { name: 'checkout', replicas: 2, calls: ['catalog', 'db'], credential: true },
  { name: 'recommendation', replicas: 1, calls: [], credential: false },
  { name: 'db', replicas: 1, calls: [], credential: true },
];

/**
 * A small shop of six Deployments, twelve pods, with what real ones lean on: Services, settings,
 * a credential, a volume, a disruption budget, a network policy, an Ingress. In order of creation.
 */
export function baseApp(options: BaseAppOptions = {}): object[] {
  const namespace = options.namespace ?? 'shop';
  const metadata = (name: string) => ({ name, namespace, labels: { app: name } });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...volume(namespace, options.node),
    credential(namespace, 'db-cred', 'correct-horse'),
    credential(namespace, 'db-cred-prev', 'battery-staple'),
    ...BASE_APPS.map((app) => settings(namespace, app.name)),
    releaseManifests(namespace),
    ...BASE_APPS.map((app) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(app.name),
      spec: { selector: { app: app.name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    })),
    ...BASE_APPS.map((app) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(app.name),
      spec: deploymentSpec(app, options.progressDeadlineSeconds ?? 60),
    })),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadata('frontend'),
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'frontend' } } },
    },
    networkPolicy(namespace),
    ingress(namespace),
  ];
}

/** True when every Deployment of the shop is available and every Service has all its endpoints. */
export async function baseAppReady(
  cluster: Pick<ControlPlaneClient, 'request'>,
  namespace = 'shop',
): Promise<boolean> {
  const list = async (group: string, resource: string) => {
    const { json } = await cluster.request('GET', `${group}/namespaces/${namespace}/${resource}`);
    return objectsOf(at(json, 'items'));
  };
  const deployments = await list('/apis/apps/v1', 'deployments');
  const slices = await list('/apis/discovery.k8s.io/v1', 'endpointslices');
  return BASE_APPS.every(({ name, replicas }) => {
    const found = deployments.find((it) => at(it, 'metadata', 'name') === name);
    const endpoints = slices
      .filter((it) => at(it, 'metadata', 'labels', 'kubernetes.io/service-name') === name)
      .flatMap((it) => objectsOf(at(it, 'endpoints')))
      .filter((it) => at(it, 'conditions', 'ready') === true);
    return (
      at(found, 'status', 'observedGeneration') === at(found, 'metadata', 'generation') &&
      at(found, 'status', 'updatedReplicas') === replicas &&
      at(found, 'status', 'availableReplicas') === replicas &&
      at(found, 'status', 'replicas') === replicas &&
      endpoints.length === replicas
    );
  });
}

function deploymentSpec(app: App, progressDeadlineSeconds: number): object {
  // A busy machine answers late, which is no failure.
  const probe = (path: string) => ({
    httpGet: { path, port: 8080 },
    periodSeconds: 5,
    timeoutSeconds: 5,
  });
  const container = {
    name: 'web',
    image: 'local/web:1',
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: 8080 }],
    env: environment(app),
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
    readinessProbe: probe('/ready'),
    livenessProbe: probe('/healthz'),
    ...(app.name === 'db' ? { volumeMounts: [{ name: 'data', mountPath: '/data' }] } : {}),
  };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'db-data' } }];
  return {
    replicas: app.replicas,
    progressDeadlineSeconds,
    selector: { matchLabels: { app: app.name } },
    ...(app.name === 'db' ? { strategy: { type: 'Recreate' } } : {}),
    template: {
      metadata: { labels: { app: app.name } },
      spec: { containers: [container], ...(app.name === 'db' ? { volumes } : {}) },
    },
  };
}

function environment(app: App): object[] {
  const addresses = app.calls.map((callee) => ({
    name: `${callee.toUpperCase()}_ADDR`,
    value: `${callee}:80`,
  }));
  const mode = { configMapKeyRef: { name: `${app.name}-config`, key: 'MODE' } };
  const password = { secretKeyRef: { name: 'db-cred', key: 'password' } };
  return [
    ...addresses,
    { name: 'MODE', valueFrom: mode },
    ...(app.credential ? [{ name: 'DB_PASSWORD', valueFrom: password }] : []),
  ];
}

const SETTINGS = { MODE: 'production', LOG_LEVEL: 'info' };

function settings(namespace: string, app: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${app}-config`, namespace, labels: { app } },
    data: SETTINGS,
  };
}

/** Copies of the ConfigMaps as released: where a person finds the values of one that was lost. */
function releaseManifests(namespace: string): object {
  const copies = BASE_APPS.map(({ name }) => [
    `${name}-config.json`,
    JSON.stringify(settings(namespace, name)),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'release-manifests', namespace },
    data: Object.fromEntries(copies),
  };
}

function credential(namespace: string, name: string, password: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    data: { password: Buffer.from(password).toString('base64') },
  };
}

/** The database's claim and the volume that waits for it, local to one node. */
function volume(namespace: string, node: string | undefined): object[] {
  const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] };
  const source =
    node === undefined
      ? { hostPath: { path: '/var/lib/db-data' } }
      : {
          local: { path: '/var/lib/db-data' },
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
        };
  const size = { storage: '1Gi' };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${namespace}-db-data` },
      spec: {
        capacity: size,
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: '',
        claimRef: { namespace, name: 'db-data' },
        ...source,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'db-data', namespace, labels: { app: 'db' } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        volumeName: `${namespace}-db-data`,
        resources: { requests: size },
      },
    },
  ];
}

function networkPolicy(namespace: string): object {
  const from = ['catalog', 'checkout'].map((app) => ({ podSelector: { matchLabels: { app } } }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'db-allow', namespace },
    spec: {
      podSelector: { matchLabels: { app: 'db' } },
      policyTypes: ['Ingress'],
      ingress: [{ from, ports: [{ protocol: 'TCP', port: 8080 }] }],
    },
  };
}

function ingress(namespace: string): object {
  const backend = { service: { name: 'frontend', port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop', namespace },
    spec: {
      rules: [
        { host: 'shop.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } },
      ],
    },
  };
}
