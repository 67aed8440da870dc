import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useOwnCluster } from '../cluster/index.ts';
import { CALLER, mustRead, useBench } from './bench.ts';

// Alone: its transactions are on all namespaces.
const cluster = await useOwnCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('definition');
});

test('a committed delete of an object and of its definition is taken back, one after the other', {
  timeout: 120_000,
}, async () => {
  const group = `g${randomBytes(4).toString('hex')}.example.org`;
  const apiVersion = `${group}/v1`;
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  const definition: ObjectRef = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    name: `toys.${group}`,
  };
  await cluster.apply({
    apiVersion: definition.apiVersion,
    kind: definition.kind,
    metadata: { name: definition.name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Toy', plural: 'toys', singular: 'toy' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
  const url = `/apis/${apiVersion}/namespaces/${namespace}/toys`;
  const toy: ObjectRef = { apiVersion, kind: 'Toy', namespace, name: 'one' };
  await cluster.waitFor('the kind', async () => {
    const body = { apiVersion, kind: 'Toy', metadata: { name: 'one' }, spec: { a: 1 } };
    const { status } = await cluster.request('POST', url, body, { allow: [404] });
    return status === 201;
  });
  const transaction = await bench.begun('*');
  await bench.step(transaction, toy, { verb: 'delete' });
  await bench.step(transaction, definition, { verb: 'delete' });
  const committed = await bench.engine.commit(transaction, { waitMs: 60_000 });
  expect(committed.kind).toBe('committed');
  await cluster.waitFor('the kind to go', async () => {
    return (await cluster.request('GET', url, undefined, { allow: [404] })).status === 404;
  });
  const { undo, transaction: view } = await bench.engine.undoCommitted(transaction, CALLER);
  expect(view.state, undo.summary).toBe('UNDONE');
  expect((await mustRead(cluster, toy)).spec).toEqual({ a: 1 });
});
