/** A kubeconfig for plain HTTP on loopback with a token. JSON is YAML. */
export function kubeconfigText(server: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'simulated', cluster: { server } }],
    users: [{ name: 'simulated-admin', user: { token } }],
    contexts: [
      {
        name: 'simulated',
        context: { cluster: 'simulated', user: 'simulated-admin', namespace: 'default' },
      },
    ],
    'current-context': 'simulated',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
