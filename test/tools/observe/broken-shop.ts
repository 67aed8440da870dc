/** What must never be in an answer. */
export const CANARY = 'c4n4ry-Pa55word';
/** What the crashing container says. */
export const SAID = 'cannot reach the database';

/** One Deployment that works, and three that are broken in their own ways. */
export function brokenShop(namespace: string): object[] {
  const metadata = (name: string, annotations = {}) => ({
    name,
    namespace,
    labels: { app: name },
    annotations,
  });
  const encoded = Buffer.from(CANARY).toString('base64');
  const deployment = (name: string, container: object) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'local/web:1', ...container }],
        },
      },
    },
  });
  const service = (name: string, app: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name),
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  const lastApplied = JSON.stringify({ kind: 'Secret', data: { password: encoded } });
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('db', {
        'kubectl.kubernetes.io/last-applied-configuration': lastApplied,
        'example.com/backup': `was ${CANARY}`,
      }),
      data: { password: encoded },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('settings'),
      data: {
        'app.properties': `db.password=${CANARY}\nport=80`,
        'long.txt': Array.from({ length: 300 }, (_, index) => `line ${index}`).join('\n'),
      },
    },
    deployment('web', {}),
    service('web', 'web'),
    service('lost', 'nobody'),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadata('web'),
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    },
    deployment('image', { image: 'registry.example.com/no/such:1' }),
    deployment('crash', {
      command: ['sh', '-c', `echo ${SAID} with password=$DB_PASSWORD; exit 3`],
      env: [{ name: 'DB_PASSWORD', value: CANARY }],
    }),
    deployment('config', {
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'absent', key: 'a' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'db', key: 'nope' } } },
      ],
    }),
  ];
}
