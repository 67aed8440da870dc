import { expect, test } from 'vitest';
import { at } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { kill } from '../recovery/bench.ts';
import {
  begin,
  commit,
  done,
  image,
  inMitigation,
  openBench,
  refused,
  setMode,
  suspect,
} from './bench.ts';

const cluster = useCluster();

test('from opening to resolved, with a repair that the gate takes back and a server that dies', {
  timeout: 300_000,
}, async () => {
  const bench = await openBench(cluster, 'guided');
  const { namespace } = bench;
  let server = await bench.start();
  const scale = { namespace, kind: 'Deployment', name: 'web', replicas: 2, reason: 'test' };
  const start = { namespaces: [namespace], reason: 'test' };

  // Nothing is changed without an incident; looking and planning go on.
  const bare = await refused(server, 'mitigate_scale', scale);
  expect(bare).toMatch(/guided.*No incident is open.*\[incident_required\].*incident_open/s);
  expect(await refused(server, 'transaction_begin', start)).toContain('[incident_required]');
  await done(server, 'mitigate_scale', { ...scale, dry_run: true });
  await done(server, 'observe_health', { namespace });

  const opened = await done(server, 'incident_open', {
    ...{ title: 'web is down', namespaces: [namespace], object: `Deployment ${namespace}/web` },
  });
  expect(opened).toMatchObject({ incident: 'inc-1', phase: 'detection', role: 'detection' });
  expect(at(opened, 'own_violations', 0)).toContain(`Deployment ${namespace}/web`);
  const incident = 'inc-1';
  const update = (args: object) => done(server, 'incident_update', { incident, ...args });
  const refuse = (args: object) => refused(server, 'incident_update', { incident, ...args });

  // Each step says which one is missing.
  expect(await refused(server, 'transaction_begin', { ...start, incident })).toMatch(
    /inc-1 is in detection.*\[incident_phase\].*"phase":"diagnosis"/s,
  );
  expect(await refuse({ phase: 'mitigation' })).toMatch(/no edge from detection to mitigation/);
  expect(await refuse({ phase: 'resolved' })).toContain('[incident_phase]');
  await update({ phase: 'diagnosis' });
  expect(await refuse({ phase: 'mitigation' })).toMatch(/a hypothesis with evidence was recorded/);
  expect(await refused(server, 'mitigate_scale', scale)).toMatch(/inc-1 is in diagnosis/);
  await suspect(server, incident, 'the tag was never built');

  // While its transaction is open, another assistant can't move it on.
  const first = await begin(server, bench, incident);
  const other = await bench.start();
  const stuck = await refused(other, 'incident_update', { incident, phase: 'diagnosis' });
  expect(stuck).toMatch(/this attempt has no transaction/);
  expect(
    await refused(other, 'incident_update', { incident, phase: 'escalated', reason: 'give up' }),
  ).toMatch(/this attempt has no transaction/);
  await other.close();

  // The gate takes a wrong repair back: the next attempt needs another hypothesis.
  await image(server, bench, 'local/web:3', first);
  const gate = await commit(server, first);
  expect(gate).toMatchObject({ status: 'undone', incident });
  expect(gate.next).toMatch(/incident_status .*another attempt takes another hypothesis/);
  const undone = await done(server, 'incident_status', { incident });
  expect(undone).toMatchObject({ phase: 'diagnosis', attempt: '2 of 3' });
  expect(at(undone, 'attempts', 0)).toMatchObject({ transaction: first, state: 'ABORTED' });
  expect(await refuse({ phase: 'mitigation' })).toMatch(/recorded in this attempt/);
  await suspect(server, incident, 'the tag was renamed');

  // A server that dies leaves the incident to the next one, which takes the transaction back.
  const second = await begin(server, bench, incident);
  await image(server, bench, 'local/web:3', second);
  await kill(server);
  server = await bench.start();
  await cluster.waitFor('the recovery', async () => {
    const { phase } = await done(server, 'incident_status', { incident });
    return phase === 'diagnosis';
  });
  expect(await done(server, 'incident_status', { incident })).toMatchObject({ attempt: '3 of 3' });
  await suspect(server, incident, 'version 1 is the last that was built');

  const third = await begin(server, bench, incident);
  await image(server, bench, 'local/web:1', third);
  const kept = await commit(server, third);
  expect(kept).toMatchObject({ status: 'committed', incident });
  expect(kept.next).toContain('incident_update {"incident":"inc-1","phase":"resolved"}');
  expect(await refused(server, 'transaction_begin', { ...start, incident })).toMatch(/validation/);
  const resolved = await update({ phase: 'resolved' });
  expect(resolved).toMatchObject({ phase: 'resolved' });
  expect(await refuse({ phase: 'diagnosis' })).toMatch(/resolved; nothing moves it any more/);
  expect(bench.phases(incident)).toEqual([
    ...['detection', 'diagnosis', 'mitigation', 'undoing'],
    ...['diagnosis', 'mitigation', 'undoing'],
    ...['diagnosis', 'mitigation', 'validation', 'resolved'],
  ]);
});

test('a commit that helps nothing does not resolve; it is kept or taken back, and attempts end', {
  timeout: 300_000,
}, async () => {
  const bench = await openBench(cluster, 'not-gone');
  const server = await bench.start();
  const incident = await inMitigation(server, bench);
  const beside = async () => {
    const transaction = await begin(server, bench, incident);
    await setMode(server, bench, transaction);
    expect(await commit(server, transaction)).toMatchObject({ status: 'committed' });
    return transaction;
  };
  const resolve = () => refused(server, 'incident_update', { incident, phase: 'resolved' });

  const kept = await beside();
  const text = await resolve();
  expect(text).toMatch(/inc-1 is not resolved\. Deployment \S+\/web still fires/);
  expect(text).toContain(`undo_transaction {"transaction":"${kept}"}`);
  const on = await done(server, 'incident_update', { incident, phase: 'diagnosis' });
  expect(on).toMatchObject({ attempt: '2 of 3' });

  // The first repair stays; it is not undone by who only looks, and undoing it later moves nothing.
  const looking = await refused(server, 'undo_transaction', { transaction: kept, reason: 'no' });
  expect(looking).toMatch(/inc-1, which is in diagnosis: its role, diagnosis, only looks/);
  await suspect(server, incident, 'something else');
  await done(server, 'undo_transaction', { transaction: kept, reason: 'of no use' });
  expect(await done(server, 'incident_status', { incident })).toMatchObject({
    phase: 'mitigation',
  });

  const taken = await beside();
  await done(server, 'undo_transaction', { transaction: taken, reason: 'of no use' });
  expect(await done(server, 'incident_status', { incident })).toMatchObject({
    ...{ phase: 'diagnosis', attempt: '3 of 3' },
  });
  await suspect(server, incident, 'a last idea');
  const last = await begin(server, bench, incident);
  await done(server, 'transaction_abort', { transaction: last, reason: 'no' });
  const end = await done(server, 'incident_status', { incident });
  expect(end).toMatchObject({ phase: 'escalated', role: 'person' });
  expect(String(end.outcome)).toMatch(/All 3 attempts are used up/);
});
