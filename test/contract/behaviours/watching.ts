import { at, type Json, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Stage } from '../types.ts';
import { podTemplate, type Shape } from './manifests.ts';

export const apps = (stage: Stage, plural: string, name?: string) =>
  stage.named('apps/v1', plural, name);
export const items = (body: Json) => objectsOf(at(body, 'items'));
export const nameOf = (it: JsonObject) => String(at(it, 'metadata', 'name'));

export async function status(
  stage: Stage,
  path: string,
  done: (status: JsonObject, object: JsonObject) => boolean,
) {
  return stage.until(`the status of ${path}`, async () => {
    const { body } = await stage.send('GET', path);
    const now = at(body, 'status') as JsonObject | undefined;
    const seen = at(body, 'status', 'observedGeneration') === at(body, 'metadata', 'generation');
    return now !== undefined && seen && done(now, body) ? body : undefined;
  });
}

export async function rolledOut(stage: Stage, name: string, replicas: number): Promise<JsonObject> {
  return status(stage, apps(stage, 'deployments', name), (it) =>
    replicas === 0
      ? it.replicas === undefined
      : it.updatedReplicas === replicas &&
        it.availableReplicas === replicas &&
        it.replicas === replicas,
  );
}

export const conditions = (object: JsonObject) =>
  objectsOf(at(object, 'status', 'conditions'))
    .map((it) => [String(it.type), String(it.status), String(it.reason ?? '')])
    .sort();

export function counts(object: JsonObject): JsonObject {
  const { conditions: _conditions, ...rest } = (object.status ?? {}) as JsonObject;
  return rest;
}

export const statefulSet = (name: string, shape: Shape = {}): JsonObject => ({
  metadata: { name },
  spec: {
    replicas: shape.replicas ?? 2,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: podTemplate(name, { ...shape, pod: { terminationGracePeriodSeconds: 0 } }),
    ...shape.spec,
  },
});

export const job = (name: string, command: string[], spec: JsonObject = {}): JsonObject => ({
  metadata: { name },
  spec: {
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'web', image: 'local/web:1', command }],
      },
    },
    ...spec,
  },
});

export async function jobEnd(stage: Stage, name: string): Promise<JsonObject> {
  const path = stage.named('batch/v1', 'jobs', name);
  return stage.until(`the end of ${name}`, async () => {
    const { body } = await stage.send('GET', path);
    return conditions(body).some(([type]) => type === 'Complete' || type === 'Failed')
      ? body
      : undefined;
  });
}
