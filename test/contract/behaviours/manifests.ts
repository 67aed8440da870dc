import type { JsonObject } from '../../../src/core/json.ts';

export interface Shape {
  readonly replicas?: number;
  readonly image?: string;
  readonly sidecar?: boolean;
  readonly spec?: JsonObject;
  readonly pod?: JsonObject;
}

export function podTemplate(name: string, shape: Shape = {}): JsonObject {
  const web = {
    name: 'web',
    image: shape.image ?? 'local/web:1',
    ports: [{ containerPort: 8080 }],
  };
  const side = { name: 'side', image: 'local/web:1', env: [{ name: 'PORT', value: '8081' }] };
  return {
    metadata: { labels: { app: name } },
    spec: { containers: shape.sidecar ? [web, side] : [web], ...shape.pod },
  };
}

export function deployment(name: string, shape: Shape = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      replicas: shape.replicas ?? 2,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, shape),
      ...shape.spec,
    },
  };
}
