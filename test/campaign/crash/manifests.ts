import type { JsonObject } from '../../../src/core/json.ts';
import { CLAIM, VOLUME } from './objects.ts';

/** What a flow works in. */
export interface Place {
  readonly namespace: string;
}

export const configMap = ({ namespace }: Place, name = 'settings') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { app: name } },
  data: { mode: 'fast', level: 'info' },
});

export const service = ({ namespace }: Place, name = 'shop') => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels: { app: name } },
  spec: { selector: { app: 'nothing' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
});

const pods = (app: string, more: JsonObject = {}) => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'app', image: 'local/web:1', ports: [{ containerPort: 8080 }] }],
    ...more,
  },
});

export const deployment = ({ namespace }: Place, more: JsonObject = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace, labels: { app: 'web' } },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: pods('web', more) },
});

export const statefulSet = ({ namespace }: Place) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace, labels: { app: 'db' } },
  spec: {
    replicas: 2,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: pods('db'),
  },
});

export const boundClaim = ({ namespace }: Place) => {
  const shared = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
  const volume = VOLUME.name.replace('NS', namespace);
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume, labels: { app: 'asked' } },
      spec: {
        ...shared,
        capacity: { storage: '1Gi' },
        persistentVolumeReclaimPolicy: 'Delete',
        hostPath: { path: '/tmp/asked' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: CLAIM.name, namespace, labels: { app: 'asked' } },
      spec: { ...shared, resources: { requests: { storage: '1Gi' } }, volumeName: volume },
    },
  ];
};
