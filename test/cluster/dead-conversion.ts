import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { ControlPlaneClient } from './types.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A custom kind `Thing` of two versions, the objects of which are stored as v1. */
export interface Converted {
  readonly group: string;
  /** Turns v1 into v2 by a webhook that nobody answers; what was stored as v1 can't be read as v2 from then on. */
  webhookDies(): Promise<void>;
  /** As before: only apiVersion differs. */
  webhookIsBack(): Promise<void>;
}

/** Its objects are to be used as `GROUP/v2`. */
export async function convertedKind(
  cluster: ControlPlaneClient,
  namespace: string,
): Promise<Converted> {
  const group = `g${randomBytes(4).toString('hex')}.example.com`;
  const name = `things.${group}`;
  const version = (of: string, storage: boolean): JsonObject => ({
    name: of,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  });
  await cluster.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
      versions: [version('v1', true), version('v2', false)],
    },
  });
  const url = `/apis/${group}/v2/namespaces/${namespace}/things`;
  await cluster.waitFor('the kind to be served', async () => {
    return (await cluster.request('GET', url, undefined, { allow: [404] })).status === 200;
  });
  await cluster.request('POST', url, {
    apiVersion: `${group}/v2`,
    kind: 'Thing',
    metadata: { name: 'probe', namespace },
  });
  const convert = async (conversion: JsonObject, status: number) => {
    await cluster.request('PATCH', `${DEFINITIONS}/${name}`, { spec: { conversion } });
    await cluster.waitFor(`a read to be answered ${status}`, async () => {
      const probe = `${url}/probe`;
      return (await cluster.request('GET', probe, undefined, { allow: [500] })).status === status;
    });
  };
  const webhookIsBack = () => convert({ strategy: 'None', webhook: null }, 200);
  onTestFinished(async () => {
    await webhookIsBack();
    await cluster.request('DELETE', `${DEFINITIONS}/${name}`);
  });
  const clientConfig = { service: { namespace, name: 'gone', path: '/convert', port: 443 } };
  const webhook = { clientConfig, conversionReviewVersions: ['v1'] };
  return {
    group,
    webhookDies: () => convert({ strategy: 'Webhook', webhook }, 500),
    webhookIsBack,
  };
}
