import { beforeAll, describe, expect, it } from 'vitest';
import { observeLogs } from '../../../src/tools/observe/logs.ts';
import { itemsOf } from '../../cluster/client.ts';
import { at, useCluster } from '../../cluster/index.ts';
import { openWorkbench } from './workbench.ts';

const cluster = useCluster();
let namespace = '';

const say = (words: readonly string[]) => ({
  command: ['sh', '-c', `${words.map((word) => `echo '${word}'`).join('; ')}; sleep 10000`],
});

beforeAll(async () => {
  namespace = await cluster.namespace('logs');
  const lines = Array.from({ length: 8 }, (_, index) => `line ${index + 1}`);
  const deployment = (name: string, replicas: number, extra: object[]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, all: 'yes' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          initContainers: [
            { name: 'init', image: 'local/web:1', command: ['sh', '-c', 'echo prepared'] },
          ],
          containers: [{ name: 'main', image: 'local/web:1', ...say(lines) }, ...extra],
        },
      },
    },
  });
  await cluster.apply([
    deployment('talk', 2, []),
    deployment('side', 1, [{ name: 'side', image: 'local/web:1', ...say(['from the side']) }]),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'all', namespace },
      spec: { selector: { all: 'yes' }, ports: [{ port: 80 }] },
    },
  ]);
  await cluster.waitFor('what three pods say', async () => {
    const base = `/api/v1/namespaces/${namespace}/pods`;
    const pods = itemsOf(await cluster.request('GET', base));
    const logs = await Promise.all(
      pods.map(async (pod) => {
        const path = `${base}/${at(pod, 'metadata', 'name')}/log?container=`;
        const side = at(pod, 'metadata', 'labels', 'app') === 'side';
        const all = ['main', ...(side ? ['side'] : [])];
        const read = await Promise.all(all.map((it) => cluster.request('GET', path + it)));
        return read.map(({ text }) => text).join('');
      }),
    );
    const said = logs.filter((text) => text.includes('line 8')).length;
    return said === 3 && logs.some((text) => text.includes('from the side'));
  });
}, 120_000);

const open = () => openWorkbench(cluster, { namespace });

describe('observe_logs of several pods', () => {
  it('counts for each pod, and says that there are older lines', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, { workload: 'deploy/talk', tail: 3 });
    expect(answer.logs).toHaveLength(2);
    for (const part of answer.logs) {
      expect(part).toMatchObject({ lines: 3, truncated: true });
      expect(part.log).toContain('line 8');
      expect(part.log).not.toContain('line 5');
      expect(part.remarks).toEqual(['There are older lines: a larger tail shows them.']);
    }
  });

  it('interleaves them by time', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, {
      workload: 'deploy/talk',
      interleave: true,
      timestamps: true,
    });
    const lines = answer.merged?.split('\n').slice(1, -1) ?? [];
    expect(lines).toHaveLength(16);
    const stamps = lines.map((line) => /\] (\S+Z) line \d$/.exec(line)?.[1] ?? line);
    expect(stamps).toEqual([...stamps].sort());
    expect(answer.logs.map((part) => [part.lines, part.log])).toEqual([
      [8, undefined],
      [8, undefined],
    ]);
  });

  it('counts the lines of all pods by their kind', async () => {
    const bench = await open();
    const args = { workload: 'svc/all', templates: true };
    const answer = await bench.call(observeLogs, args);
    const [most, ...others] = answer.templates ?? [];
    expect(most).toMatchObject({ template: 'line <n>', count: 24, example: 'line 8' });
    expect(String(most?.first) < String(most?.last)).toBe(true);
    expect(most?.pods).toMatch(/ and 2 more$/);
    expect([others, answer.different, answer.truncated]).toEqual([[], 1, undefined]);
    expect(answer.summary).toContain('24 lines of 3 of 3 pods. They are of 1 kind');
    expect(answer.logs.map(({ lines, log }) => [lines, log])).toEqual(
      Array.from({ length: 3 }, () => [8, undefined]),
    );
    const found = await bench.call(observeLogs, { ...args, grep: 'line 7', max_pods: 2 });
    expect(found.templates).toMatchObject([{ template: 'line <n>', count: 2, example: 'line 7' }]);
  });

  it('searches all of a log, not only its tail', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, {
      workload: 'deploy/talk',
      grep: '^LINE [1-4]$',
      grep_mode: 'regex',
      tail: 1,
      timestamps: true,
    });
    for (const part of answer.logs) {
      expect(part).toMatchObject({ matched: '4 of 8 lines', lines: 1, truncated: true });
      expect(part.remarks).toEqual(['3 older matches are not shown.']);
    }
  });

  it('says of which pod the log could not be read, and shows the others', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, { workload: 'svc/all', container: 'side' });
    const read = answer.logs.filter((part) => part.log?.includes('from the side'));
    expect(read).toHaveLength(1);
    const rest = answer.logs.filter((part) => part.log === undefined);
    expect(rest).toHaveLength(2);
    expect(rest[0]?.remarks?.[0]).toContain('has no container side');
    const none = await bench.refusal(observeLogs, { workload: 'deploy/talk', container: 'side' });
    expect(none.code).toBe('not_found');
  });

  it('reads init containers, and only what is new enough', async () => {
    const bench = await open();
    const args = { workload: 'deploy/talk', max_pods: 1 };
    const init = await bench.call(observeLogs, { ...args, container: 'init' });
    expect(init.logs[0]?.log).toContain('prepared');
    expect(init.other_pods).toHaveLength(1);
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const recent = await bench.call(observeLogs, { ...args, since: '2h' });
    expect(recent.logs[0]?.lines).toBe(8);
    await cluster.waitFor('the lines to be older than a second', async () => {
      const none = await bench.call(observeLogs, { ...args, since: future });
      return none.logs[0]?.lines === 0;
    });
  });

  it('teaches what a wrong search or time should look like', async () => {
    const bench = await open();
    const args = { workload: 'deploy/talk' };
    const regex = await bench.refusal(observeLogs, { ...args, grep: '(', grep_mode: 'regex' });
    expect(regex).toMatchObject({ code: 'invalid_arguments' });
    expect(regex.next).toContain('grep_mode text');
    const since = await bench.refusal(observeLogs, { ...args, since: 'yesterday' });
    expect(since.next).toContain('2h');
  });
});
