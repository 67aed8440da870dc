import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { at, stringifyJson } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { createLog } from '../../src/core/log.ts';
import { openJournal } from '../../src/journal/open.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { factText } from '../../src/transaction/approval-facts.ts';
import { assemble } from '../../src/transaction/assemble.ts';
import { openSession } from '../../src/transaction/begin.ts';
import { compile } from '../../src/transaction/compile.ts';
import { guardedWrite } from '../../src/transaction/guarded-write.ts';
import { Seat } from '../../src/transaction/seat.ts';
import { takeBack } from '../../src/transaction/take-back.ts';
import { useCluster } from '../cluster/index.ts';
import { leaseFor, makeLease } from '../cluster/lease.ts';
import { CALLER, mustRead, urlOf } from '../undo/bench.ts';

const cluster = useCluster();

const DEFINITION: ObjectRef = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  name: 'askeds.stale.example.com',
};

const MANIFEST = {
  apiVersion: DEFINITION.apiVersion,
  kind: DEFINITION.kind,
  metadata: { name: DEFINITION.name },
  spec: {
    group: 'stale.example.com',
    scope: 'Namespaced',
    names: { plural: 'askeds', singular: 'asked', kind: 'Asked', listKind: 'AskedList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object' } },
      },
    ],
  },
};

async function parts() {
  const folder = mkdtempSync(join(tmpdir(), 'stale-stand-in-'));
  const clock = systemClock;
  const policy = await loadPolicy(fileURLToPath(new URL('./policy.yaml', import.meta.url)));
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig('admin'), env: {} });
  const journal = openJournal({ path: join(folder, 'journal.db'), env: {}, clock });
  const reader = createReader(connection);
  const meter = createSeverityMeter({ reader, settings: policy.severity, clock });
  const log = createLog('silent');
  const lease = leaseFor(journal.path);
  await makeLease(cluster.kubeconfig(), lease);
  onTestFinished(async () => {
    meter.close();
    journal.close();
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return assemble({ connection, reader, journal, policy, meter, clock, log, lease });
}

test('a stand-in that met a newer status is still the one that was approved', {
  timeout: 120_000,
}, async () => {
  await cluster.apply(MANIFEST);
  const served = async () => at(await mustRead(cluster, DEFINITION), 'spec', 'versions', 0);
  await cluster.waitFor('the definition to be served', async () => {
    return stringifyJson(await mustRead(cluster, DEFINITION)).includes('InitialNamesAccepted');
  });
  const namespace = await cluster.namespace('stale');
  const path = `/apis/stale.example.com/v1/namespaces/${namespace}/askeds`;
  const kept = { apiVersion: 'stale.example.com/v1', kind: 'Asked', metadata: { name: 'kept' } };
  await cluster.waitFor('its objects to be served', async () => {
    const { status } = await cluster.request('GET', path, undefined, { allow: [404] });
    return status === 200;
  });
  await cluster.request('POST', path, kept);
  const all = await parts();
  const seat = new Seat(all);
  const epoch = await seat.occupy();
  const request = { reason: 'test', namespaces: ['*'] };
  const session = await openSession(all, request, CALLER, epoch, await seat.identity());
  const tool = 'mitigate_delete';
  const words = { object: DEFINITION, kubectl: 'kubectl', summary: 'delete' };
  const plan = () => [{ verb: 'delete' as const, ...words }];
  const writes = await compile(all, seat.shapes, { tool, reads: [], plan });
  const [standIn] = writes;
  if (standIn === undefined) throw new Error('nothing stands in');
  expect(standIn.standsIn).toBe(true);
  const approved = new Set(await Promise.all(writes.map((one) => factText(seat.shapes, one))));

  const condition = { type: 'Meanwhile', status: 'True', reason: 'Test', message: 'moved on' };
  await cluster.request(
    'PATCH',
    `${urlOf(DEFINITION)}/status`,
    stringifyJson([{ op: 'add', path: '/status/conditions/-', value: condition }]),
    { contentType: 'application/json-patch+json' },
  );
  const rest = { tool, within: undefined, command: 1, approved, signal: undefined };
  await guardedWrite({ parts: all, shapes: seat.shapes, session, ...rest }, standIn);
  expect(await served()).toMatchObject({ served: false });

  const undone = await takeBack(all, seat.shapes, { transaction: session.id, epoch });
  expect(undone.complete).toBe(true);
  expect(await served()).toMatchObject({ served: true });
  const closed = { closedAt: all.clock.now() };
  all.journal.transactions.move(session.id, ['OPEN'], 'ABORTED', epoch, closed);
  await seat.vacate();
});
