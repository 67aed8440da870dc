import type { JsonObject } from '../../src/core/json.ts';

const NOWHERE = { 'example.com/no': 'x' };

const pod = (name: string): JsonObject => ({
  metadata: { labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: 'local/web:1' }] },
});
const workload = (more: JsonObject) => (name: string) => ({
  spec: { selector: { matchLabels: { app: name } }, template: pod(name), ...more },
});
const run = (name: string): JsonObject => ({
  ...pod(name),
  spec: { restartPolicy: 'Never', containers: [{ name: 'web', image: 'local/web:1' }] },
});

/** Every kind of deploy/mitigate.yaml and secrets.yaml, by its grant, with what makes an object of it. */
export const CHANGED: Readonly<
  Record<string, readonly [apiVersion: string, kind: string, body: (name: string) => JsonObject]>
> = {
  'apps/deployments': ['apps/v1', 'Deployment', workload({ replicas: 0 })],
  'apps/statefulsets': ['apps/v1', 'StatefulSet', workload({ replicas: 0, serviceName: 'web' })],
  'apps/daemonsets': [
    'apps/v1',
    'DaemonSet',
    (name) => {
      const template = pod(name);
      template.spec = { ...(template.spec as JsonObject), nodeSelector: NOWHERE };
      return { spec: { selector: { matchLabels: { app: name } }, template } };
    },
  ],
  'apps/replicasets': ['apps/v1', 'ReplicaSet', workload({ replicas: 0 })],
  'batch/jobs': ['batch/v1', 'Job', (name) => ({ spec: { suspend: true, template: run(name) } })],
  'batch/cronjobs': [
    'batch/v1',
    'CronJob',
    (name) => ({
      spec: {
        schedule: '0 0 1 1 *',
        suspend: true,
        jobTemplate: { spec: { template: run(name) } },
      },
    }),
  ],
  'autoscaling/horizontalpodautoscalers': [
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    () => ({
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'there' },
        maxReplicas: 3,
      },
    }),
  ],
  'policy/poddisruptionbudgets': [
    'policy/v1',
    'PodDisruptionBudget',
    (name) => ({ spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } } }),
  ],
  'networking.k8s.io/ingresses': [
    'networking.k8s.io/v1',
    'Ingress',
    () => ({ spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } }),
  ],
  'networking.k8s.io/networkpolicies': [
    'networking.k8s.io/v1',
    'NetworkPolicy',
    () => ({ spec: { podSelector: { matchLabels: { app: 'nobody' } } } }),
  ],
  '/configmaps': ['v1', 'ConfigMap', () => ({ data: { mode: 'fast' } })],
  '/limitranges': [
    'v1',
    'LimitRange',
    () => ({ spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '1Ti' } }] } }),
  ],
  '/pods': [
    'v1',
    'Pod',
    // On no node: a drain wants every pod to have a controller.
    (name) => ({ spec: { ...(pod(name).spec as JsonObject), schedulerName: 'nobody' } }),
  ],
  '/resourcequotas': ['v1', 'ResourceQuota', () => ({ spec: { hard: { configmaps: '1k' } } })],
  '/services': [
    'v1',
    'Service',
    () => ({ spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
  ],
  '/secrets': ['v1', 'Secret', () => ({ stringData: { password: 'canary-5up3r' } })],
};

/** An object of a kind of {@link CHANGED}. */
export function objectOf(grant: string, name: string, namespace: string): JsonObject {
  const [apiVersion, kind, body] = CHANGED[grant] ?? [];
  if (apiVersion === undefined || kind === undefined || body === undefined) {
    throw new Error(`objects.ts has no object for ${grant}, which a manifest grants`);
  }
  return { apiVersion, kind, metadata: { name, namespace }, ...body(name) };
}
