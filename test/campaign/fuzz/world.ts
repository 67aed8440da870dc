import type { ControlPlaneClient } from '../../cluster/types.ts';
import type { Canaries } from './canaries.ts';

/** What the campaign works on: objects that may be changed, objects that may not, secrets in both. */
export interface World {
  readonly open: string;
  readonly shut: string;
}

export async function buildWorld(cluster: ControlPlaneClient, secrets: Canaries): Promise<World> {
  const [open, shut] = [await cluster.namespace('fuzz-open'), await cluster.namespace('fuzz-shut')];
  await cluster.apply([open, shut].flatMap((namespace) => objects(namespace, secrets)));
  return { open, shut };
}

function objects(namespace: string, { secret }: Canaries): object[] {
  const named = (name: string, more: object = {}) => ({ name, namespace, ...more });
  const container = {
    name: 'web',
    image: 'local/web:1',
    env: [
      { name: 'DB_PASSWORD', value: secret('env') },
      { name: 'MODE', value: 'fast' },
      { name: 'LOGIN', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
    ],
  };
  const secretObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: named('login'),
    stringData: { password: secret('secret'), note: secret('note') },
  };
  return [
    {
      ...secretObject,
      metadata: named('login', {
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(secretObject),
        },
      }),
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: named('settings'),
      data: {
        mode: 'fast',
        db_password: secret('key'),
        'app.yaml': `token: ${secret('embedded')}`,
      },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: named('frozen'), data: { mode: 'fast' } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: named('web'),
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: named('web'),
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    },
  ];
}
