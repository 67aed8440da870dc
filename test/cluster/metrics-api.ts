/** metrics.k8s.io as metrics-server serves it, by definitions in its place: empty, and readable. */
export function metricsApi(): object[] {
  return (
    [
      ['nodes', 'NodeMetrics', 'Cluster'],
      ['pods', 'PodMetrics', 'Namespaced'],
    ] as const
  ).map(([plural, kind, scope]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.metrics.k8s.io`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, test' },
    },
    spec: {
      group: 'metrics.k8s.io',
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  }));
}
