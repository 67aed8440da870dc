import { expect, it } from 'vitest';
import { observeDescribe } from '../../../src/tools/observe/describe.ts';
import { observeGet } from '../../../src/tools/observe/get.ts';
import { observeList } from '../../../src/tools/observe/list.ts';
import { useCluster } from '../../cluster/index.ts';
import { CANARY } from './broken-shop.ts';
import { openWorkbench } from './workbench.ts';

const cluster = useCluster();

it('custom resources are found when just installed, and give away no secret by any column or field', async () => {
  const namespace = await cluster.namespace('custom');
  const bench = await openWorkbench(cluster, { namespace });
  // Fills the cache of discovery before the kind exists.
  await bench.call(observeList, { kind: 'pods' });
  await cluster.apply([
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'vaults.observe.example.com' },
      spec: {
        group: 'observe.example.com',
        scope: 'Namespaced',
        names: { kind: 'Vault', plural: 'vaults', singular: 'vault' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
            additionalPrinterColumns: [
              { name: 'Size', type: 'string', jsonPath: '.spec.size' },
              { name: 'Password', type: 'string', jsonPath: '.spec.password' },
            ],
          },
        ],
      },
    },
    {
      apiVersion: 'observe.example.com/v1',
      kind: 'Vault',
      metadata: { name: 'main', namespace },
      spec: { size: '1Gi', password: CANARY, serial: 7, config: `password: ${CANARY}\nport: 80` },
      status: { conditions: [{ type: 'Ready', status: 'False', reason: 'Sealed' }] },
    },
  ]);
  const vault = await cluster.request(
    'GET',
    `/apis/observe.example.com/v1/namespaces/${namespace}/vaults/main`,
  );
  const uid = (vault.json.metadata as { uid: string }).uid;
  const owner = { apiVersion: 'observe.example.com/v1', kind: 'Vault', name: 'main', uid };
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'child', namespace, ownerReferences: [owner] },
  });

  const list = await bench.call(observeList, { kind: 'vault' });
  expect(list.columns).toEqual(['NAME', 'SIZE', 'PASSWORD']);
  expect(list.rows).toEqual([['main', '1Gi', `<redacted: ${CANARY.length} bytes>`]]);
  const got = await bench.call(observeGet, { kind: 'vaults.observe.example.com', name: 'main' });
  expect(got.manifest).toContain('port: 80');
  const described = await bench.call(observeDescribe, { kind: 'Vault', name: 'main' });
  expect(described.summary).toContain('Ready=False (Sealed)');
  expect(described.children).toContainEqual({
    relation: 'owns',
    object: `ConfigMap ${namespace}/child`,
  });
  const child = await bench.call(observeDescribe, { kind: 'cm', name: 'child' });
  expect(child.owners).toEqual([
    { relation: 'owner', object: `Vault ${namespace}/main`, state: 'Ready=False' },
  ]);
  for (const answer of [list, got, described, child]) {
    expect(JSON.stringify(answer)).not.toContain(CANARY);
  }
});
