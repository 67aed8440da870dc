import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { beforeAll, expect, test } from 'vitest';
import { FAILURES } from '../../src/cli/demo/failures.ts';
import { createTeller } from '../../src/cli/demo/teller.ts';
import { systemClock } from '../../src/core/clock.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import { buildDist } from '../cluster/dist.ts';
import { newFolder, startDemo } from './play.ts';

const TIMEOUT = 120_000;

beforeAll(() => buildDist((line) => process.stderr.write(`${line}\n`)), TIMEOUT);

/** The measurements below "Severity over time", by what they are of. */
function severities(stdout: string): Record<string, number> {
  const [, chart = ''] = stdout.split('Severity over time');
  const lines = chart.matchAll(/^ *[\d.]+ s {2}(\S.*?) {2,}([\d.]+)(?: █+)?$/gm);
  return Object.fromEntries([...lines].map(([, when, value]) => [when, Number(value)]));
}

test.each(FAILURES.map(({ name }) => name))(
  '%s: taken back once, then repaired, and nothing is left',
  async (name) => {
    const keep = newFolder();
    const demo = startDemo('--scenario', name, '--keep', keep);
    const { code, stdout, stderr } = await demo.ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/txn-1 was taken back, not committed: Refused by G\d/);
    expect(stdout).toMatch(/txn-2 is committed\. Passed: severity \S+ → 0/);
    expect(stdout).toContain('inc-1 is in resolved');
    expect(stdout).not.toContain('\u001b');

    const seen = severities(stdout);
    const found = seen.found ?? 0;
    expect(found).toBeGreaterThan(0);
    expect(seen['first attempt: measured by the gate']).not.toBe(found);
    expect(seen).toMatchObject({
      'first attempt: after the undo': found,
      'second attempt: measured by the gate': 0,
      'in the end': 0,
    });

    expect(stdout).toContain(
      `stratus-mcp audit report inc-1 --journal ${join(keep, 'journal.db')}`,
    );
    const journal = openJournalReader({ path: join(keep, 'journal.db') });
    try {
      expect(journal.incidents.history('inc-1').at(-1)?.to).toBe('resolved');
      const states = ['txn-1', 'txn-2'].map((id) => journal.transactions.get(id)?.state);
      expect(states).toEqual(['ABORTED', 'COMMITTED']);
      expect(journal.audit.verify().ok).toBe(true);
    } finally {
      journal.close();
    }
    expect(demo.left()).toEqual([]);

    const again = startDemo('--keep', keep);
    expect(await again.ended).toMatchObject({ code: 1 });
    expect((await again.ended).stderr).toMatch(/is there already.*\n.*Name another folder/s);
  },
  TIMEOUT,
);

test(
  '--serve: an assistant started from the printed configuration works on the cluster',
  async () => {
    const demo = startDemo('--serve', '--scenario', 'target-port');
    const stdout = await demo.until(/Ctrl-C/);
    const printed = JSON.parse(stdout.slice(stdout.indexOf('{'), stdout.lastIndexOf('\n}') + 2));
    const { command, args } = printed.mcpServers['stratus-demo'];
    const env = { PATH: process.env.PATH ?? '', HOME: newFolder() };
    const client = new Client({ name: 'reader', version: '1.0.0' });
    await client.connect(new StdioClientTransport({ command, args, env, stderr: 'ignore' }));
    const call = async (name: string, args: Record<string, unknown>) => {
      const { structuredContent } = await client.callTool({ name, arguments: args });
      return structuredContent as Record<string, unknown>;
    };
    try {
      const health = await call('observe_health', { namespace: 'shop' });
      expect(health.severity).toBeGreaterThan(0);
      const opened = { title: 'catalog', namespaces: ['shop'] };
      expect(await call('incident_open', opened)).toMatchObject({ phase: 'detection' });
    } finally {
      await client.close();
    }
    const [server = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout) ?? [];
    expect((await fetch(`${server}/version`)).status).toBeLessThan(500);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toMatchObject({ code: 0, stderr: '' });
    await expect(fetch(`${server}/version`)).rejects.toThrow();
    expect(demo.left()).toEqual([]);
  },
  TIMEOUT,
);

test.each([
  ['before its first call', /A shop runs/],
  ['with a transaction open', /→ mitigate_/],
])(
  'a signal %s ends it and leaves nothing',
  async (_, moment) => {
    const demo = startDemo();
    await demo.until(moment);
    demo.child.kill('SIGINT');
    const { code, stdout, stderr } = await demo.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).not.toContain('Resolved');
    expect(demo.left()).toEqual([]);
  },
  TIMEOUT,
);

test(
  '--pause: each chapter waits for Enter, and nobody waits for a closed stdin',
  async () => {
    const demo = startDemo('--pause', '--scenario', 'target-port');
    await demo.until(/Enter goes on/);
    await sleep(1_500);
    expect(await demo.until(/1\. Something/)).not.toContain('2. It suspects');
    demo.child.stdin.write('\n');
    await demo.until(/2\. It suspects[\s\S]*Enter goes on/);
    demo.child.stdin.end();
    expect(await demo.ended).toMatchObject({ code: 0 });
  },
  TIMEOUT,
);

test('text of the cluster has no colours and lines of its own', () => {
  const written: string[] = [];
  const teller = createTeller((text) => written.push(text), false, systemClock);
  const data = { summary: 'one\u001b[31m\ntwo' };
  teller.call('observe_health', {}, { isError: false, data, text: '' });
  expect(written.join('')).not.toContain('\u001b');
  expect(written.join('').trimEnd().split('\n')).toHaveLength(2);
});
