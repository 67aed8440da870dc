import type { Client } from './controllers/client.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const CLASSES: readonly (readonly [string, number, string])[] = [
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
  [
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ],
];

/** What every cluster has from its first moment. */
export function bootstrap(client: Client): void {
  for (const name of NAMESPACES) client.create('Namespace', undefined, { metadata: { name } });
  for (const [name, value, description] of CLASSES) {
    client.create('PriorityClass', undefined, { metadata: { name }, value, description });
  }
  client.create('Service', 'default', {
    metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.0.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  });
}
