import { beforeAll, describe, expect, it } from 'vitest';
import { auditQuery } from '../../../src/tools/audit/query.ts';
import { observeDescribe } from '../../../src/tools/observe/describe.ts';
import { observeEvents } from '../../../src/tools/observe/events.ts';
import { observeGet } from '../../../src/tools/observe/get.ts';
import { observeHealth } from '../../../src/tools/observe/health.ts';
import { observeTools } from '../../../src/tools/observe/index.ts';
import { observeList } from '../../../src/tools/observe/list.ts';
import { observeLogs } from '../../../src/tools/observe/logs.ts';
import { observeRelated } from '../../../src/tools/observe/related.ts';
import { observeRollout } from '../../../src/tools/observe/rollout.ts';
import { itemsOf } from '../../cluster/client.ts';
import { at, useCluster } from '../../cluster/index.ts';
import { brokenShop, CANARY, SAID } from './broken-shop.ts';
import { openWorkbench } from './workbench.ts';

const cluster = useCluster();
let namespace = '';
let pods: Record<string, string> = {};

beforeAll(async () => {
  namespace = await cluster.namespace('observe');
  await cluster.apply(brokenShop(namespace));
  pods = await cluster.waitFor('the shop to be as broken as it gets', async () => {
    const answer = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods`);
    const found: Record<string, string> = {};
    const states: Record<string, unknown> = {};
    for (const pod of itemsOf(answer)) {
      const app = String(at(pod, 'metadata', 'labels', 'app'));
      found[app] = String(at(pod, 'metadata', 'name'));
      const status = at(pod, 'status', 'containerStatuses', 0);
      states[app] = at(status, 'state', 'waiting', 'reason') ?? at(status, 'ready');
      if (app === 'crash' && at(status, 'restartCount') === 0) states[app] = undefined;
    }
    return (
      states.web === true &&
      /Image/.test(String(states.image)) &&
      states.crash === 'CrashLoopBackOff' &&
      states.config === 'CreateContainerConfigError' &&
      found
    );
  });
}, 120_000);

const open = (options = {}) => openWorkbench(cluster, { namespace, ...options });

describe('observe_health', () => {
  it('lists what is wrong, worst first, with the call that tells more', async () => {
    const bench = await open();
    const answer = await bench.call(observeHealth, {});
    expect(answer.summary).toContain(`namespace ${namespace}`);
    expect(answer.severity).toBeGreaterThan(0);
    const shares = (answer.violations ?? []).map((it) => it.share);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    const objects = (answer.violations ?? []).map((it) => it.object);
    for (const name of ['image', 'crash', 'config']) {
      expect(objects).toContain(`Deployment ${namespace}/${name}`);
    }
    expect(objects).not.toContain(`Deployment ${namespace}/web`);
    const calls = (answer.violations ?? []).map((it) => it.next);
    expect(calls).toContain(
      `observe_logs ${JSON.stringify({ namespace, workload: 'Deployment/crash', previous: true })}`,
    );
  });

  it('pages through all violations once', async () => {
    const bench = await open();
    const whole = await bench.call(observeHealth, { limit: 200 });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.call(observeHealth, { limit: 2, ...(cursor ? { cursor } : {}) });
      for (const it of page.violations ?? [])
        seen.push(`${it.predicate} ${it.object} ${it.reason}`);
      cursor = page.cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual((whole.violations ?? []).length - 1);
  });

  it('calls nothing healthy that it could not see', async () => {
    const bench = await open({ user: 'nobody' });
    const answer = await bench.call(observeHealth, {});
    expect(answer.severity).toBeUndefined();
    expect(answer.unknowns?.length).toBeGreaterThan(0);
    expect(answer.summary).toContain('Not observed, so not healthy');
  });

  it('calls a namespace that is not there an error', async () => {
    const bench = await open();
    const error = await bench.refusal(observeHealth, { namespace: 'no-such-namespace' });
    expect(error.code).toBe('not_found');
    expect(error.message).toContain("doesn't exist");
  });
});

describe('observe_list', () => {
  it('shows the columns of kubectl get, for any word that means the kind', async () => {
    const bench = await open();
    for (const kind of ['Deployment', 'deploy', 'deployments.apps', 'DEPLOYMENTS']) {
      const answer = await bench.call(observeList, { kind });
      expect(answer.columns).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
      expect(answer.rows.map(([name]) => name)).toEqual(['config', 'crash', 'image', 'web']);
    }
  });

  it('adds wide columns, labels and namespaces when asked', async () => {
    const bench = await open();
    const answer = await bench.call(observeList, {
      kind: 'pods',
      all_namespaces: true,
      detail: 'detailed',
      label_selector: 'app=web',
    });
    expect(answer.columns).toEqual(expect.arrayContaining(['NAMESPACE', 'NODE', 'LABELS']));
    expect(JSON.stringify(answer.rows)).toContain('app=web');
  });

  it('pages through 25 ConfigMaps by tens and yields each once', async () => {
    const other = await cluster.namespace('paging');
    const names = Array.from({ length: 25 }, (_, index) => `map-${String(index).padStart(2, '0')}`);
    await cluster.apply(
      names.map((name) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: other, labels: { paged: 'yes' } },
      })),
    );
    const bench = await open();
    const args = { kind: 'cm', namespace: other, label_selector: 'paged=yes', limit: 10 };
    const first = await bench.call(observeList, args);
    expect(first.truncated).toBe(true);
    const second = await bench.call(observeList, { ...args, cursor: first.cursor });
    const third = await bench.call(observeList, { ...args, cursor: second.cursor });
    expect(third.cursor).toBeUndefined();
    expect(third.truncated).toBeUndefined();
    const seen = [first, second, third].flatMap(({ rows }) => rows.map(([name]) => name));
    expect(seen).toEqual(names);

    // The API server counts the rest only where no selector narrows the list.
    const all = await bench.call(observeList, { kind: 'cm', namespace: other, limit: 10 });
    expect(all.remaining).toBeGreaterThanOrEqual(15);

    const error = await bench.refusal(observeList, { ...args, kind: 'pods', cursor: first.cursor });
    expect(error).toMatchObject({ code: 'invalid_arguments' });
    expect(error.message).toContain('another query');
  });

  it('explains a bad selector in the words of the API server', async () => {
    const bench = await open();
    const labels = await bench.refusal(observeList, { kind: 'pods', label_selector: 'a==b=c' });
    expect(labels.code).toBe('invalid_arguments');
    expect(labels.message).toMatch(/expected/);
    const fields = await bench.refusal(observeList, {
      kind: 'pods',
      field_selector: 'spec.colour=red',
    });
    expect(fields.code).toBe('invalid_arguments');
    expect(fields.message).toContain('spec.colour');
  });

  it('offers near names for a kind that is not there', async () => {
    const bench = await open();
    const error = await bench.refusal(observeList, { kind: 'deploymnet' });
    expect(error.code).toBe('unknown_resource');
    expect(`${error.message} ${error.next} ${JSON.stringify(error.details)}`).toMatch(
      /deployment/i,
    );
  });

  it('ignores a namespace for a cluster-scoped kind, and says so', async () => {
    const bench = await open();
    const answer = await bench.call(observeList, { kind: 'node', namespace });
    expect(answer.rows.length).toBe(cluster.nodes.length);
    expect(answer.notes).toEqual([expect.stringContaining('cluster-scoped')]);
  });

  it('asks the policy, which may refuse a namespace or all at once', async () => {
    const bench = await open({
      policy: (policy: object) => ({
        ...policy,
        decideRead: ({ kind, namespace: where }: { kind?: string; namespace?: string }) =>
          kind === 'Secret' || where === undefined
            ? { effect: 'refuse', rule: 'no-secrets', reason: 'Not for you.' }
            : { effect: 'allow', rule: 'rest', reason: '' },
      }),
    });
    const error = await bench.refusal(observeList, { kind: 'secrets' });
    expect(error).toMatchObject({ code: 'policy_refused', rule: 'no-secrets' });
    await bench.refusal(observeList, { kind: 'pods', all_namespaces: true });
    await bench.refusal(observeGet, { kind: 'secret', name: 'db' });
    const described = await bench.call(observeDescribe, { kind: 'deploy', name: 'config' });
    expect(described.notes?.join()).toContain('Not for you.');
  });
});

describe('observe_get', () => {
  it('shows a manifest without managedFields, with its status', async () => {
    const bench = await open();
    const answer = await bench.call(observeGet, { kind: 'deploy', name: 'image' });
    expect(answer.manifest).toMatch(/<untrusted-data id="[0-9a-f]+">\napiVersion: apps\/v1\n/);
    expect(answer.manifest).toContain('status:');
    expect(answer.manifest).not.toContain('managedFields');
    const other = await bench.call(observeGet, {
      kind: 'deploy',
      name: 'image',
      managed_fields: true,
      include_status: false,
      format: 'json',
    });
    expect(other.manifest).toContain('"managedFields"');
    expect(other.manifest).not.toContain('\n "status":');
  });

  it('gives a part, and a long text piece by piece', async () => {
    const bench = await open();
    const args = {
      kind: 'cm',
      name: 'settings',
      fields: 'data["long.txt"]',
      max_characters: 1_000,
    };
    let text = '';
    let offset: number | undefined = 0;
    while (offset !== undefined) {
      const piece: { manifest: string; next_offset?: number | undefined } = await bench.call(
        observeGet,
        { ...args, offset },
      );
      text += piece.manifest.split('\n').slice(1, -1).join('\n');
      offset = piece.next_offset;
    }
    expect(text.match(/line \d+/g)).toHaveLength(300);

    const cut = await bench.call(observeGet, { kind: 'cm', name: 'settings', max_characters: 600 });
    expect(cut).toMatchObject({ truncated: true, next_offset: 600 });
    expect(cut.parts?.[0]).toMatchObject({ fields: 'data' });
  });

  it('says what there is where a path leads nowhere', async () => {
    const bench = await open();
    const error = await bench.refusal(observeGet, {
      kind: 'cm',
      name: 'settings',
      fields: 'data.colour',
    });
    expect(error.message).toContain('long.txt');
  });

  it('suggests the name that was meant, or the namespace that has it', async () => {
    const bench = await open();
    const near = await bench.refusal(observeGet, { kind: 'deploy', name: 'imgae' });
    expect(near.code).toBe('not_found');
    expect(near.message).toContain('Did you mean image?');
    const elsewhere = await bench.refusal(observeGet, {
      kind: 'cm',
      name: 'settings',
      namespace: 'default',
    });
    expect(elsewhere.message).toContain(namespace);
  });
});

describe('observe_describe', () => {
  it('tells why a Deployment does not come up: pods, missing references, events', async () => {
    const bench = await open();
    const answer = await bench.call(observeDescribe, { kind: 'deploy', name: 'config' });
    expect(answer.summary).toContain(`ConfigMap ${namespace}/absent is MISSING`);
    expect(answer.summary).toContain(`Secret ${namespace}/db LACKS key nope`);
    expect(JSON.stringify(answer.children)).toContain('CreateContainerConfigError');
    const image = await bench.call(observeDescribe, { kind: 'deploy', name: 'image' });
    expect(JSON.stringify(image.children)).toMatch(/ImagePull/);
    expect(JSON.stringify(image.events)).toMatch(/no\/such:1/);
    expect(image.containers?.[0]?.image).toBe('registry.example.com/no/such:1');
  });

  it('says what it may not see instead of failing', async () => {
    const bench = await open({ user: 'reader' });
    const answer = await bench.call(observeDescribe, { kind: 'deploy', name: 'config' });
    expect(answer.related).toContainEqual({
      relation: 'refers to',
      object: `Secret ${namespace}/db`,
      state: 'not visible',
    });
    expect(answer.notes?.join()).toContain(`Secret ${namespace}/db was not looked at`);
  });

  it('goes up to the owners, over to Services and budgets, and to the node', async () => {
    const bench = await open();
    const answer = await bench.call(observeDescribe, { kind: 'pod', name: pods.web });
    expect(answer.owners?.map((it) => it.object.split(' ')[0])).toEqual([
      'ReplicaSet',
      'Deployment',
    ]);
    const related = Object.fromEntries(
      (answer.related ?? []).map((it) => [it.relation, it.object]),
    );
    expect(related).toMatchObject({
      'selected by': `Service ${namespace}/web`,
      'protected by': `PodDisruptionBudget ${namespace}/web`,
    });
    expect(related['runs on']).toMatch(/^Node /);
  });

  it('tells good conditions from bad ones', async () => {
    const bench = await open();
    const answer = await bench.call(observeDescribe, { kind: 'node', name: cluster.nodes[0] });
    expect(answer.summary).toBe(`Node ${cluster.nodes[0]}: Ready.`);
  });

  it('shows whether a Service has somebody behind it', async () => {
    const bench = await open();
    const web = await bench.call(observeDescribe, { kind: 'svc', name: 'web' });
    expect(JSON.stringify(web.related)).toContain('1/1 endpoints ready');
    const lost = await bench.call(observeDescribe, { kind: 'svc', name: 'lost' });
    expect(JSON.stringify(lost.related)).toContain('none has app=nobody');
  });
});

describe('observe_events', () => {
  it('shows the warnings about an object, newest first, equal ones once', async () => {
    const bench = await open();
    const answer = await bench.call(observeEvents, {
      kind: 'Pod',
      name: pods.image,
      type: 'Warning',
    });
    expect(answer.events.length).toBeGreaterThan(0);
    for (const event of answer.events) {
      expect(event).toMatchObject({ type: 'Warning', object: `Pod ${namespace}/${pods.image}` });
    }
    const messages = answer.events.map((it) => it.reason + it.message);
    expect(new Set(messages).size).toBe(messages.length);
    expect(answer.next).toContain('observe_describe');
  });

  it('filters by reason and time, and pages', async () => {
    const bench = await open();
    const scaled = await bench.call(observeEvents, { reason: 'ScalingReplicaSet' });
    expect(scaled.events.map((it) => it.reason)).toEqual(
      scaled.events.map(() => 'ScalingReplicaSet'),
    );
    expect(scaled.events.length).toBeGreaterThanOrEqual(4);
    const future = await bench.call(observeEvents, { since: '2999-01-01T00:00:00Z' });
    expect(future.events).toEqual([]);
    const page = await bench.call(observeEvents, { limit: 2, reason: 'ScalingReplicaSet' });
    const next = await bench.call(observeEvents, {
      limit: 200,
      reason: 'ScalingReplicaSet',
      cursor: page.cursor,
    });
    expect(page.events.length + next.events.length).toBe(scaled.events.length);
  });
});

describe('observe_logs', () => {
  it('reads what a crashed container said, by workload', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, { workload: 'deploy/crash', previous: true });
    expect(answer.logs[0]?.log).toContain(SAID);
    expect(answer.logs[0]?.restarts).toBeGreaterThan(0);
    expect(answer.logs[0]?.log).toMatch(/^<untrusted-data/);
  });

  it('says how many lines matched', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, { pod: pods.web, grep: 'line 1', tail: 2 });
    expect(answer.logs[0]?.matched).toMatch(/^\d+ of \d+ lines$/);
    expect(answer.logs[0]?.lines).toBeLessThanOrEqual(2);
  });

  it('explains a container that waits instead of failing', async () => {
    const bench = await open();
    const answer = await bench.call(observeLogs, { pod: pods.image });
    expect(answer.logs[0]?.state).toMatch(/waiting: (ErrImagePull|ImagePullBackOff)/);
    expect(answer.logs[0]?.log).toBeUndefined();
    expect(answer.logs[0]?.remarks?.[0]).toContain('never run');
    expect(answer.summary).toContain('No log of');
    const before = await bench.call(observeLogs, { pod: pods.web, previous: true });
    expect(before.logs[0]?.remarks?.[0]).toContain('not run before');
  });

  it('names the containers, the pods and the forms that there are', async () => {
    const bench = await open();
    const container = await bench.refusal(observeLogs, { pod: pods.web, container: 'sidecar' });
    expect(container.message).toContain('It has main');
    const both = await bench.refusal(observeLogs, {});
    expect(both.message).toContain('Exactly one of pod and workload');
    const none = await bench.call(observeLogs, { workload: 'service/lost' });
    expect(none.summary).toContain('has no pods');
  });
});

describe('secrets', () => {
  it('never leave by any tool', async () => {
    const bench = await open();
    const answers = await Promise.all([
      bench.call(observeHealth, {}),
      bench.call(observeList, { kind: 'secrets', detail: 'detailed' }),
      bench.call(observeGet, { kind: 'secret', name: 'db', managed_fields: true }),
      bench.call(observeGet, { kind: 'secret', name: 'db', format: 'json', managed_fields: true }),
      bench.call(observeGet, { kind: 'secret', name: 'db', fields: 'data' }),
      bench.call(observeGet, { kind: 'secret', name: 'db', fields: 'metadata.annotations' }),
      bench.call(observeGet, { kind: 'cm', name: 'settings' }),
      bench.call(observeGet, { kind: 'deploy', name: 'crash', managed_fields: true }),
      bench.call(observeGet, { kind: 'pod', name: pods.crash }),
      bench.call(observeDescribe, { kind: 'secret', name: 'db' }),
      bench.call(observeDescribe, { kind: 'cm', name: 'settings' }),
      bench.call(observeDescribe, { kind: 'deploy', name: 'crash' }),
      bench.call(observeEvents, {}),
      bench.call(observeLogs, { workload: 'deploy/crash', previous: true }),
      bench.call(observeLogs, { workload: 'deploy/web' }),
      bench.call(observeLogs, { workload: 'deploy/crash', interleave: true }),
      bench.call(observeRollout, { kind: 'deploy', name: 'crash' }),
      bench.call(observeRelated, { kind: 'secret', name: 'db' }),
      bench.call(observeRelated, { kind: 'cm', name: 'settings' }),
      bench.call(observeRelated, { kind: 'deploy', name: 'crash' }),
    ]);
    for (const answer of answers) {
      const text = JSON.stringify(answer);
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(Buffer.from(CANARY).toString('base64'));
      // About 1,500 tokens for an ordinary object; a manifest and a namespace's events may be longer.
      if (!('manifest' in answer) && !('events' in answer)) expect(text.length).toBeLessThan(6_000);
    }
    expect(answers[2]?.manifest).toContain('redacted');
    expect(answers[5]?.manifest).not.toContain('last-applied');
    expect(answers[9]?.keys).toEqual({ password: `${CANARY.length} bytes` });
  });
});

describe('audit_query', () => {
  it('filters, pages and tells the story of a transaction', async () => {
    const bench = await open();
    const { audit } = bench.journal;
    const actor = { client: 'test 1', principal: 'alice', session: 's' };
    for (let index = 1; index <= 5; index++) {
      const call = `call-${index}`;
      const tool = index === 3 ? 'mitigate_scale' : 'observe_list';
      audit.start({
        call,
        actor,
        tool,
        args: { name: 'web' },
        ...(index >= 3 ? { transaction: 'txn-1' } : {}),
      });
      const refused = index === 3;
      audit.end({
        call,
        decision: refused ? 'refuse' : 'allow',
        outcome: refused ? 'refused' : 'ok',
        durationMs: 1,
        ...(refused ? { rule: 'no', message: 'No scaling today.' } : {}),
      });
    }
    audit.append({
      ...{ kind: 'transaction', transaction: 'txn-2' },
      detail: { from: 'OPEN', to: 'SETTLING' },
    });
    for (const transaction of ['txn-2', 'txn-9']) {
      audit.start({ call: transaction, actor, tool: 'audit_query', args: {}, transaction });
    }
    const settling = await bench.call(auditQuery, { transaction: 'txn-2' });
    expect(settling.summary).toContain('1 row.');
    expect(settling.rows[0]?.what).toBe('transaction OPEN → SETTLING');

    const refused = await bench.call(auditQuery, { decision: 'refuse' });
    expect(refused.rows).toHaveLength(1);
    expect(refused.rows[0]).toMatchObject({
      tool: 'mitigate_scale',
      rule: 'no',
      outcome: 'refused',
    });
    expect(refused.rows[0]?.what).toContain('No scaling today.');

    const first = await bench.call(auditQuery, { limit: 7 });
    const second = await bench.call(auditQuery, { limit: 7, cursor: first.cursor });
    const seqs = [...first.rows, ...second.rows].map((row) => row.seq);
    expect(seqs).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);

    const story = await bench.call(auditQuery, { transaction: 'txn-1' });
    expect(story.summary).toContain('story of txn-1');
    expect(story.rows.map((row) => row.seq)).toEqual([5, 6, 7, 8, 9, 10]);
    const unknown = await bench.refusal(auditQuery, { transaction: 'txn-9' });
    expect(unknown.code).toBe('transaction_not_found');
  });
});

describe('the tools', () => {
  it('are sorted, described within the limits of clients, and refuse unknown arguments', () => {
    const names = observeTools.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    for (const tool of [...observeTools, auditQuery]) {
      expect(tool.description.length).toBeLessThanOrEqual(2_048);
      expect(tool.input.safeParse({ colour: 'red' }).success).toBe(false);
    }
  });
});
