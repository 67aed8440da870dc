import { at, type JsonObject, objectOf, parseJson, stringOf } from '../../../src/core/json.ts';
import { all, holds, othersUntouched, released, unless } from '../oracle.ts';
import type { Card, Findings, Ground } from '../types.ts';

const NAME = 'catalog-config';

export const s23: Card = {
  id: 'S23',
  title: 'missing-configmap',
  source: 'SREGym missing_configmap',
  class: 'storage, configuration and secrets',
  async inject(ground) {
    await ground.remove('ConfigMap', NAME);
    const [pod] = await ground.pods('catalog');
    await ground.remove('Pod', stringOf(at(pod, 'metadata', 'name')) ?? '');
    await ground.wait('its replacement to lack its settings', async () =>
      JSON.stringify(await ground.pods('catalog')).includes('CreateContainerConfigError'),
    );
  },
  symptoms: [
    {
      tool: 'observe_health',
      args: ({ namespace }) => ({ namespace }),
      shows: [/Deployment [^"]*\/catalog/, 'CreateContainerConfigError', NAME],
    },
    {
      tool: 'observe_events',
      args: ({ namespace }) => ({ namespace, reason: 'Failed' }),
      shows: [/configmap [\\"]*catalog-config[\\"]* not found/],
    },
    {
      tool: 'observe_get',
      args: ({ namespace }) => ({ kind: 'ConfigMap', name: 'release-manifests', namespace }),
      shows: [`${NAME}.json`],
    },
  ],
  plans: [
    {
      id: 'released-settings',
      title: 'create it again from its copy among the released manifests',
      right: true,
      steps: async (ground) => [
        {
          tool: 'mitigate_apply',
          args: { mode: 'create', manifest: await releasedCopy(ground) },
        },
      ],
      expect: { outcome: 'committed' },
    },
    {
      id: 'restart-all-pods',
      title: 'delete all pods of catalog',
      right: false,
      steps: async (ground) => [
        {
          tool: 'mitigate_batch',
          args: {
            commands: (await ground.pods('catalog')).map((pod) => ({
              tool: 'mitigate_delete',
              arguments: {
                kind: 'Pod',
                name: stringOf(at(pod, 'metadata', 'name')) ?? '',
                namespace: ground.namespace,
              },
            })),
          },
        },
      ],
      expect: { outcome: 'refused' },
    },
    {
      id: 'settings-optional',
      title: 'let catalog start without its settings',
      right: false,
      steps: ({ namespace }) => {
        const valueFrom = { configMapKeyRef: { name: NAME, key: 'MODE', optional: true } };
        const containers = [{ name: 'web', env: [{ name: 'MODE', valueFrom }] }];
        const patch = { spec: { template: { spec: { containers } } } };
        const args = { kind: 'Deployment', name: 'catalog', namespace, patch };
        return [{ tool: 'mitigate_patch', args }];
      },
      expect: { outcome: 'committed', lowers: true },
      why: 'Pods without their settings are ready all the same; what they do without them no status tells.',
    },
  ],
  oracle: (ground) => all(settings(ground), sameTemplate(ground), othersUntouched(ground, [])),
};

async function releasedCopy(ground: Ground): Promise<JsonObject> {
  const copies = await ground.get('ConfigMap', 'release-manifests');
  return objectOf(parseJson(stringOf(at(copies, 'data', `${NAME}.json`)) ?? '{}'));
}

async function settings(ground: Ground): Promise<Findings> {
  const wanted = at(released(ground, 'ConfigMap', NAME), 'data');
  const is = at(await ground.get('ConfigMap', NAME), 'data');
  return unless(holds(is, wanted), `${NAME} does not have what was released`);
}

/** `othersUntouched` takes what is there in addition for a default of the API server. */
async function sameTemplate(ground: Ground): Promise<Findings> {
  const spec = at(await ground.get('Deployment', 'catalog'), 'spec', 'template', 'spec');
  return unless(!JSON.stringify(spec).includes('"optional"'), 'the settings are optional');
}
