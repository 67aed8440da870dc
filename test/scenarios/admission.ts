import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../../src/core/json.ts';
import { pathOf } from './kinds.ts';
import type { Findings, Ground, Symptom } from './types.ts';

/** Deletes an app's pods, and returns when the API server has refused their replacements. */
export async function losePods(ground: Ground, app: string): Promise<void> {
  for (const pod of await ground.pods(app)) {
    await ground.remove('Pod', stringOf(at(pod, 'metadata', 'name')) ?? '');
  }
  await ground.wait(`the pods of ${app} to be refused`, async () => {
    const deployment = await ground.get('Deployment', app);
    return objectsOf(at(deployment, 'status', 'conditions')).some(
      (it) => it.type === 'ReplicaFailure' && it.status === 'True',
    );
  });
}

/** What shows where no pod is there that a walk over the pods could find ill. */
export function refused(app: string, words: readonly string[]): Symptom[] {
  return [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [new RegExp(`Deployment [^"]*/${app}`), 'FailedCreate', ...words],
    },
    {
      tool: 'observe_events',
      args: ({ namespace }) => ({ namespace, reason: 'FailedCreate' }),
      shows: words,
    },
  ];
}

/** A pod that these Deployments lost would be admitted, by dry run. */
export async function admitted(ground: Ground, apps: readonly string[]): Promise<Findings> {
  const found = apps.map(async (app): Promise<Findings> => {
    const template = at(await ground.get('Deployment', app), 'spec', 'template');
    const pod: JsonObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: `${app}-`, labels: objectOf(at(template, 'metadata', 'labels')) },
      spec: objectOf(at(template, 'spec')),
    };
    const path = `${pathOf('Pod', ground.namespace)}?dryRun=All`;
    const { status, json } = await ground.cluster.request('POST', path, pod, { allow: [403, 422] });
    return status === 201 ? [] : [`a new pod of ${app} would be refused: ${json.message}`];
  });
  return (await Promise.all(found)).flat();
}
