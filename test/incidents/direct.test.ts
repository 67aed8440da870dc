import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { at, type JsonObject, objectsOf, parseJson } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { type Assistant, STORY_POLICY } from '../story/client.ts';
import { begin, commit, done, inMitigation, openBench, refused, setMode } from './bench.ts';

const cluster = useCluster();
const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

async function read({ client }: Assistant, uri: string): Promise<JsonObject> {
  const [first] = (await client.readResource({ uri })).contents;
  return parseJson(first !== undefined && 'text' in first ? first.text : '') as JsonObject;
}

test('direct: an incident may be named, is then moved, and is seen everywhere', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'direct');
  const server = await bench.start({ policy: STORY_POLICY });
  const watcher = await bench.start({ policy: STORY_POLICY });
  const heard = new Set<string>();
  watcher.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    heard.add(params.uri);
  });

  // Without one nothing is asked for.
  const free = String(
    (await done(server, 'transaction_begin', { namespaces: [bench.namespace], reason: 'test' }))
      .transaction,
  );
  await done(server, 'transaction_abort', { transaction: free, reason: 'no' });

  const incident = await inMitigation(server, bench);
  const uri = `stratus://incidents/${incident}`;
  for (const each of [uri, 'stratus://incidents']) {
    await watcher.client.subscribeResource({ uri: each });
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const transaction = await begin(server, bench, incident);
  await setMode(server, bench, transaction);
  expect(await commit(server, transaction)).toMatchObject({ status: 'committed' });

  await expect
    .poll(() => [...heard].sort(), { timeout: 10_000 })
    .toEqual(['stratus://incidents', uri]);
  expect(await read(watcher, uri)).toMatchObject({ phase: 'validation', transaction });
  expect(await read(watcher, 'stratus://incidents')).toMatchObject({ total: 1 });
  await expect(read(watcher, 'stratus://incidents/inc-9')).rejects.toThrow('incident_not_found');
  const { completion } = await watcher.client.complete({
    ref: { type: 'ref/resource', uri: 'stratus://incidents/{incident}' },
    argument: { name: 'incident', value: '' },
  });
  expect(completion.values).toEqual([incident]);

  // Each row about it says so, also those that name its transaction alone.
  const audit = await done(server, 'audit_query', { transaction, limit: 50 });
  const rows = objectsOf(at(audit, 'rows'));
  expect(rows.filter((row) => row.tool === 'mitigate_patch').length).toBeGreaterThan(0);
  expect(rows.filter((row) => row.incident !== incident)).toEqual([]);

  const cli = async (...words: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...words], {
      env: {
        ...process.env,
        STRATUS_JOURNAL: bench.journal,
        STRATUS_KUBECONFIG: cluster.kubeconfig(),
        STRATUS_POLICY: STORY_POLICY,
      },
    });
    return stdout;
  };
  expect(await cli('audit', 'show', transaction)).toMatch(/incident +inc-1, attempt 1/);
  expect(await cli('audit', 'list', '--limit', '60')).toMatch(/inc-1 mitigation → validation: /);
  expect(JSON.parse(await cli('incidents', 'list', '--open'))).toMatchObject({
    ...{ total: 1, incidents: [{ incident, phase: 'validation' }] },
  });
  expect(JSON.parse(await cli('incidents', 'show', incident))).toMatchObject({
    attempts: [{ attempt: 1, transaction, state: 'COMMITTED' }],
  });
  const closed = JSON.parse(await cli('incidents', 'close', incident, '--note', 'by hand'));
  expect(closed).toMatchObject({ phase: 'escalated' });
  expect(closed.outcome).toMatch(/^Closed by cli \(.+\): by hand$/);
  expect(await refused(server, 'incident_update', { incident, phase: 'resolved' })).toMatch(
    /is escalated; nothing moves it any more/,
  );
  const open = await done(server, 'incident_status', { state: 'open' });
  expect(open).toMatchObject({ total: 0 });
});

test('two assistants at once: one moves it, the other hears where it is', async () => {
  const bench = await openBench(cluster, 'two');
  const servers = [await bench.start(), await bench.start()];
  const [first] = servers;
  if (first === undefined) throw new Error('no server');
  const opened = await done(first, 'incident_open', { title: 'x', namespaces: [bench.namespace] });
  const move = { incident: String(opened.incident), phase: 'diagnosis' };
  const answers = await Promise.all(servers.map((server) => server.call('incident_update', move)));
  expect(answers.map(({ isError }) => isError).sort()).toEqual([false, true]);
  const text = answers.find(({ isError }) => isError)?.text;
  expect(text).toMatch(/in diagnosis/);
  expect(text).toContain('[incident_phase]');
  expect(bench.phases('inc-1')).toEqual(['detection', 'diagnosis']);
});
