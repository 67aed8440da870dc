import { at, type JsonObject, objectsOf } from '../../../src/core/json.ts';
import type { Stage } from '../types.ts';
import { deployment, podTemplate } from './manifests.ts';

export const pods = (stage: Stage, name?: string) => stage.core('pods', name);
export const pod = (name: string, spec: JsonObject = {}): JsonObject => ({
  metadata: { name, labels: { app: name } },
  spec: { ...(podTemplate(name).spec as JsonObject), ...spec },
});
export const condition = (object: JsonObject, type: string) =>
  objectsOf(at(object, 'status', 'conditions')).find((it) => it.type === type);

export async function seen(
  stage: Stage,
  name: string,
  ok: (object: JsonObject) => boolean,
): Promise<JsonObject> {
  return stage.until(`pod ${name}`, async () => {
    const { body } = await stage.send('GET', pods(stage, name));
    return ok(body) ? body : undefined;
  });
}
export const ready = (object: JsonObject) => condition(object, 'Ready')?.status === 'True';

export async function unschedulable(stage: Stage, what: string, spec: JsonObject): Promise<void> {
  await stage.send('POST', pods(stage), pod(what, spec));
  const object = await seen(stage, what, (it) => condition(it, 'PodScheduled') !== undefined);
  const { status, reason, message } = condition(object, 'PodScheduled') ?? {};
  stage.note(what, [
    status ?? '',
    reason ?? '',
    String(message ?? '').replace(/ preemption:.*/, ''),
  ]);
}

export async function budget(stage: Stage, spec: JsonObject, allowed: number): Promise<JsonObject> {
  const path = stage.named('policy/v1', 'poddisruptionbudgets');
  const selector = { matchLabels: { app: 'web' } };
  await stage.send('POST', path, { metadata: { name: 'web' }, spec: { ...spec, selector } });
  return stage.until('the budget', async () => {
    const { body } = await stage.send('GET', `${path}/web`);
    return at(body, 'status', 'disruptionsAllowed') === allowed &&
      at(body, 'status', 'expectedPods') === 2
      ? body
      : undefined;
  });
}

export async function twoReady(stage: Stage): Promise<string[]> {
  await stage.send('POST', stage.named('apps/v1', 'deployments'), deployment('web'));
  return stage.until('two ready pods', async () => {
    const { body } = await stage.send('GET', pods(stage));
    const found = objectsOf(body.items).filter(ready);
    return found.length === 2 ? found.map((it) => String(at(it, 'metadata', 'name'))) : undefined;
  });
}

export const eviction = (name: string, deleteOptions: JsonObject = {}) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name },
  deleteOptions,
});
