import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { at, parseJson } from '../../src/core/json.ts';
import { freeze } from '../cluster/freeze.ts';
import { readAuditLog, useCluster } from '../cluster/index.ts';
import {
  begin,
  expectNoMarks,
  expectUntouched,
  kill,
  setMode,
  settled,
} from '../recovery/bench.ts';
import type { Assistant } from '../story/client.ts';
import { HOST, type Machine, openFleet, SECONDS } from './bench.ts';

const cluster = useCluster();
const PATIENCE = { timeout: 240_000 };

const fleet = () => openFleet(cluster, `default/fleet-${randomBytes(4).toString('hex')}`);

const tryBegin = (server: Assistant, { namespace }: Machine) =>
  server.call('transaction_begin', { reason: 'test', namespaces: [namespace] });

async function commit(server: Assistant, transaction: string): Promise<void> {
  const done = await server.call('transaction_commit', { transaction });
  expect(done.data, done.text).toMatchObject({ status: 'committed' });
}

test(
  'of two machines one writes; the other is told who, where and what, and follows',
  PATIENCE,
  async () => {
    const { machine, read, lease } = fleet();
    const [one, two] = [await machine('one'), await machine('two')];
    const [first, second] = [await one.start(), await two.start()];
    const transaction = await begin(first, one);
    await setMode(first, one, 'slow', { transaction });
    const held = await read();
    expect(held?.open).toMatchObject({ host: HOST, transaction, epoch: held?.epoch });

    const refused = await tryBegin(second, two);
    expect(refused.text).toContain('[writer_busy]');
    expect(refused.text).toContain(`The Lease ${lease} is held by ${HOST} (pid ${first.pid}`);
    expect(refused.text).toContain(
      `${transaction} of journal ${String(at(held?.open, 'journal'))}`,
    );
    expect(refused.text).toContain(`stratus-mcp lease show --lease ${lease}, then`);
    expect(refused.text).toContain(`stratus-mcp lease break --lease ${lease} --note "`);
    expect(refused.text).toContain('Nothing was changed.');
    const status = await second.call('transaction_status', {});
    expect(String(status.data.lease)).toContain(`held by ${HOST} (pid ${first.pid}`);
    const own = await first.call('transaction_status', {});
    expect(own.data.lease).toBe('held by this server');

    await commit(first, transaction);
    expect(await read()).toMatchObject({ holder: '', open: null, epoch: held?.epoch });
    const next = await begin(second, two);
    expect((await read())?.epoch).toBe((held?.epoch ?? 0) + 1);
    await setMode(second, two, 'steady', { transaction: next });
    await commit(second, next);
  },
);

test(
  'a dead machine with an open transaction is waited for, whatever the time; its own journal takes over at once',
  PATIENCE,
  async () => {
    const { machine, read } = fleet();
    const [one, two] = [await machine('one'), await machine('two')];
    const [first, second] = [await one.start(), await two.start()];
    const before = await one.configMap('settings');
    const transaction = await begin(first, one);
    await setMode(first, one, 'slow', { transaction });
    await kill(first);
    await sleep(SECONDS * 1_000 + 500);
    const refused = await tryBegin(second, two);
    expect(refused.text).toContain('[writer_busy]');
    expect(refused.text).toContain(transaction);

    const again = await one.start();
    expect(await settled(again)).toMatchObject([{ state: 'ABORTED' }]);
    expectUntouched(await one.configMap('settings'), before);
    await expectNoMarks(one);
    await cluster.waitFor('the Lease given back', async () => (await read())?.holder === '');
    const next = await begin(second, two);
    await second.call('transaction_abort', { transaction: next, reason: 'test' });
  },
);

test(
  'a machine that died before it wrote is replaced when its Lease has run out',
  PATIENCE,
  async () => {
    const { machine, read } = fleet();
    const [one, two] = [await machine('one'), await machine('two')];
    const second = await two.start();
    const dies = await one.start({ STRATUS_CRASHPOINT: 'cluster.lease.mark.before' });
    await expect(tryBegin(dies, one)).rejects.toThrow();
    await dies.exited;
    const held = await read();
    expect(held).toMatchObject({ open: null });
    expect(held?.holder).not.toBe('');
    const next = await begin(second, two);
    expect((await read())?.epoch).toBe((held?.epoch ?? 0) + 1);
    await second.call('transaction_abort', { transaction: next, reason: 'test' });
  },
);

test(
  'a person frees the Lease of a machine that is gone, but not of one that lives',
  PATIENCE,
  async () => {
    const { machine, read } = fleet();
    const [one, two] = [await machine('one'), await machine('two')];
    const [first, second] = [await one.start(), await two.start()];
    const before = await one.configMap('settings');
    const transaction = await begin(first, one);
    await setMode(first, one, 'slow', { transaction });

    const lives = await two.cli('break', '--note', 'too early');
    expect(lives).toMatchObject({ code: 1, stderr: expect.stringContaining(`pid ${first.pid}`) });
    expect((await read())?.open).toMatchObject({ transaction });

    await kill(first);
    const shown = await two.cli('show');
    expect(parseJson(shown.stdout)).toMatchObject({
      holder: { host: HOST, pid: first.pid },
      open_transaction: { transaction },
    });
    const broken = await two.cli('break', '--note', 'node-3 was scrapped');
    expect(parseJson(broken.stdout), broken.stderr).toMatchObject({ freed: true });
    expect(broken.stdout).toContain(transaction);
    expect(await read()).toMatchObject({ holder: '', open: null });
    const audit = await second.call('audit_query', { limit: 50 });
    expect(audit.text).toContain('node-3 was scrapped');

    const next = await begin(second, two);
    await setMode(second, two, 'steady', { transaction: next });
    await commit(second, next);
    // It comes back all the same, and takes back what it had open.
    const again = await one.start();
    expect(await settled(again)).toMatchObject([{ state: 'ABORTED' }]);
    expectUntouched(await one.configMap('settings'), before);
  },
);

test(
  'a process that was stopped past the end of its Lease writes nothing when it goes on',
  PATIENCE,
  async () => {
    const { machine } = fleet();
    const [one, two] = [await machine('one'), await machine('two')];
    const [first, second] = [await one.start(), await two.start()];
    const before = await one.configMap('settings');
    const transaction = await begin(first, one);
    await setMode(first, one, 'slow', { transaction });
    freeze(first.pid);
    // Waits in its pipe while it stands still.
    const late = setMode(first, one, 'late', { transaction });
    try {
      const broken = await two.cli('break', '--note', 'it hangs');
      expect(broken.stderr).toBe('');
      const next = await begin(second, two);
      await setMode(second, two, 'steady', { transaction: next });
      process.kill(first.pid, 'SIGCONT');
      const answer = await late;
      expect(answer.isError, answer.text).toBe(true);
      expect(answer.text).toMatch(/lease_lost|transaction_state|outcome_unknown|undo_conflict/);
      await sleep(2_000);
      const theirs = readAuditLog(cluster).filter(
        ({ namespace, userAgent, requestUri }) =>
          namespace === one.namespace &&
          userAgent === 'stratus-mcp' &&
          !requestUri.includes('dryRun=All'),
      );
      expect(theirs.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['patch settings']);
      expect((await one.configMap('settings'))?.data).toMatchObject({ mode: 'slow' });
      await commit(second, next);
    } finally {
      process.kill(first.pid, 'SIGCONT');
    }
    // Now it may write again, and the first thing is to take back what it had open.
    expect(await settled(first)).toMatchObject([{ state: 'ABORTED' }]);
    expectUntouched(await one.configMap('settings'), before);
    await expectNoMarks(one);
  },
);

test('stopped past its end with nobody else about, it goes on where it was', PATIENCE, async () => {
  const { machine, read } = fleet();
  const one = await machine('one');
  const first = await one.start();
  const transaction = await begin(first, one);
  const { epoch } = (await read()) ?? {};
  freeze(first.pid);
  await sleep(SECONDS * 1_000 + 1_000);
  process.kill(first.pid, 'SIGCONT');
  const wrote = await setMode(first, one, 'slow', { transaction });
  expect(wrote.data, wrote.text).toMatchObject({ status: 'applied' });
  expect(await read()).toMatchObject({ epoch });
  await commit(first, transaction);
});

test(
  'without a Lease nothing is asked of one, and begin says what that means',
  PATIENCE,
  async () => {
    const { machine, read } = fleet();
    const one = await machine('one');
    const first = await one.start({ STRATUS_LEASE: 'off' });
    const answer = await tryBegin(first, one);
    expect(answer.text).toContain('writers on other machines are not kept out');
    await setMode(first, one, 'slow', { transaction: String(answer.data.transaction) });
    await commit(first, String(answer.data.transaction));
    expect(await read()).toBeUndefined();
    expect((await one.cli('show')).stderr).toContain('There is no Lease');
  },
);

test('what keeps the Lease from being had is said, and nothing is opened', PATIENCE, async () => {
  const { machine } = fleet();
  const one = await machine('one');
  const nowhere = await one.start({ STRATUS_LEASE: 'no-such-namespace/writers' });
  const missing = await tryBegin(nowhere, one);
  expect(missing.text).toContain('[not_found]');
  expect(missing.text).toContain('there is no namespace no-such-namespace');
  expect(missing.text).toContain('--lease');
  await kill(nowhere);
  const kubeconfig = cluster.kubeconfig('mitigator');
  const outsider = await one.start({}, kubeconfig);
  const forbidden = await tryBegin(outsider, one);
  expect(forbidden.text).toContain('[forbidden]');
  expect(forbidden.text).toContain('leases.coordination.k8s.io');
  expect(forbidden.text).toContain('Nothing was changed.');
  expect(one.rows()).toEqual([]);
});

test(
  'what a guarded write costs more: two requests at its begin and one at its end, none between',
  PATIENCE,
  async () => {
    const { machine, lease } = fleet();
    const one = await machine('one');
    const first = await one.start({ STRATUS_LEASE_SECONDS: '60' });
    const round = async () => {
      const from = readAuditLog(cluster).length;
      const transaction = await begin(first, one);
      await setMode(first, one, `m${from}`, { transaction });
      await commit(first, transaction);
      const name = lease.split('/')[1];
      const ours = () =>
        readAuditLog(cluster)
          .slice(from)
          .filter((event) => event.resource === 'leases' && event.name === name);
      await cluster.waitFor('the last of them', async () =>
        ours().some(({ raw }) => String(raw.auditID).includes('-release-')),
      );
      return ours().map(({ raw }) => String(raw.auditID).replace(/^.*-lease-/, ''));
    };
    expect(await round()).toEqual(['acquire-e2', 'mark-e2', 'release-e2']);
    expect(await round()).toEqual(['acquire-e3', 'mark-e3', 'release-e3']);
  },
);
