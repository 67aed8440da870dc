import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openJournal } from '../../src/journal/open.ts';
import { transaction } from '../journal/support-rows.ts';
import { connect, ROOT, temporaryFolder } from './support.ts';

async function textOf(session: Awaited<ReturnType<typeof connect>>, uri: string): Promise<string> {
  const { contents } = await session.client.readResource({ uri });
  const [first] = contents;
  return first !== undefined && 'text' in first ? first.text : '';
}

test('the policy in force is a resource, and reading it is in the audit log', async () => {
  const session = await connect({ args: ['--policy', 'default'] });
  const { resources } = await session.client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual([
    'stratus://audit',
    'stratus://incidents',
    'stratus://policy',
    'stratus://transactions',
  ]);
  const file = readFileSync(join(ROOT, 'policies', 'default.yaml'), 'utf8');
  expect(await textOf(session, 'stratus://policy')).toContain(file);
  expect(session.audit()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'outcome', tool: 'observe_policy', outcome: 'ok' }),
    ]),
  );
});

test('a policy that shows nothing does not show itself', async () => {
  const session = await connect({
    args: ['--policy', join(ROOT, 'test', 'server', 'audit-only.yaml')],
  });
  await expect(session.client.readResource({ uri: 'stratus://policy' })).rejects.toThrow(
    'policy_refused',
  );
  await expect(session.client.readResource({ uri: 'stratus://transactions' })).rejects.toThrow(
    'policy_refused',
  );
  expect(JSON.parse(await textOf(session, 'stratus://audit'))).toMatchObject({
    rows: expect.arrayContaining([expect.objectContaining({ kind: 'outcome' })]),
  });
});

test('an address that names nothing says which there are', async () => {
  const { client } = await connect();
  for (const uri of ['stratus://secrets', 'file:///etc/passwd', 'stratus://transactions/../x']) {
    await expect(client.readResource({ uri })).rejects.toThrow(
      /There is no resource .* There are: stratus:\/\/audit/,
    );
    await expect(client.subscribeResource({ uri })).rejects.toThrow('There is no resource');
  }
});

test('a subscriber hears of new calls, but not of its own reading', async () => {
  const session = await connect();
  const heard: string[] = [];
  session.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    heard.push(params.uri);
  });
  await session.client.subscribeResource({ uri: 'stratus://audit' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await session.call('no_such_tool');
  await expect.poll(() => heard, { timeout: 5_000 }).toEqual(['stratus://audit']);

  await textOf(session, 'stratus://audit');
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(heard).toEqual(['stratus://audit']);

  await session.client.unsubscribeResource({ uri: 'stratus://audit' });
  await session.call('no_such_tool');
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(heard).toEqual(['stratus://audit']);
});

test('transactions complete only where their status may be read', async () => {
  const folder = temporaryFolder();
  const journal = openJournal({ path: join(folder, 'journal.db'), env: {}, clock: systemClock });
  const held = journal.lock.acquire();
  const epoch = held.kind === 'held' ? held.epoch : 0;
  const { id } = journal.transactions.create(transaction({ epoch }));
  journal.close();
  const ref = { type: 'ref/resource', uri: 'stratus://transactions/{transaction}' } as const;
  const argument = { name: 'transaction', value: '' };
  const known = async (policy: string) => {
    const { client } = await connect({ folder, args: ['--policy', policy] });
    return (await client.complete({ ref, argument })).completion.values;
  };
  expect(await known('read-only')).toEqual([id]);
  expect(await known(join(ROOT, 'test', 'server', 'audit-only.yaml'))).toEqual([]);
});

test('transactions complete without a cluster, and what needs one stays silent', async () => {
  const { client } = await connect();
  const suggest = async (prompt: string, name: string) => {
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: prompt },
      argument: { name, value: '' },
    });
    return completion.values;
  };
  expect(await suggest('undo', 'transaction')).toEqual([]);
  expect(await suggest('mitigate', 'namespace')).toEqual([]);
  expect(await suggest('mitigate', 'no-such-argument')).toEqual([]);
  expect(await suggest('no-such-prompt', 'namespace')).toEqual([]);
});
