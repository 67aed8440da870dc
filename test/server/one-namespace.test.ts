import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kubeconfigText } from '../cluster/identities.ts';
import { at, useCluster } from '../cluster/index.ts';
import { STORY_POLICY } from '../story/client.ts';
import { connect, temporaryFolder } from './support.ts';

const cluster = useCluster();
let namespace = '';
let token = '';

const RBAC = 'rbac.authorization.k8s.io';
const metadata = (name: string) => ({ name, namespace });

/** A team's identity: it may work in its namespace, and knows of nothing else. */
beforeAll(async () => {
  namespace = await cluster.namespace('team');
  const labels = { app: 'web' };
  const container = { name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] };
  await cluster.apply([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('assistant') },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: metadata('assistant'),
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', name: 'assistant', namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('settings'),
      data: { color: 'blue' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata('web'),
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [{ ...container, envFrom: [{ configMapRef: { name: 'settings' } }] }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('web'),
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata('homeless'),
      spec: {
        nodeSelector: { 'example.com/none': 'yes' },
        containers: [{ name: 'main', image: 'local/web:1' }],
      },
    },
  ]);
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/assistant/token`;
  const { json } = await cluster.request('POST', path, { spec: { expirationSeconds: 3600 } });
  token = String(at(json, 'status', 'token'));
  await cluster.waitFor('two ready replicas', async () => {
    const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    return at((await cluster.request('GET', deployment)).json, 'status', 'availableReplicas') === 2;
  });
  await cluster.waitFor('the scheduler to give up on one pod', async () => {
    const pod = `/api/v1/namespaces/${namespace}/pods/homeless`;
    return at((await cluster.request('GET', pod)).json, 'status', 'conditions', 0) !== undefined;
  });
});

async function open(args: string[] = []) {
  const folder = temporaryFolder();
  const kubeconfig = join(folder, 'kubeconfig');
  const { server, caPem } = cluster;
  writeFileSync(kubeconfig, kubeconfigText({ server, caPem, user: 'assistant', token, namespace }));
  // The Lease of the whole cluster is out of its reach; its team's servers have one of their own.
  const env = { KUBECONFIG: kubeconfig, STRATUS_LEASE: `${namespace}/stratus-mcp` };
  return connect({ folder, args, env });
}

describe('an identity that may read one namespace', () => {
  it('is answered by every observing tool there', async () => {
    const session = await open();
    const { tools } = await session.client.listTools();
    const pods = await session.call('observe_list', { kind: 'pods', label_selector: 'app=web' });
    const pod = String((pods.payload.rows as string[][])[0]?.[0]);
    const calls: Record<string, Record<string, unknown>[]> = {
      audit_query: [{}],
      incident_status: [{}],
      observe_api: [{}, { kind: 'Deployment' }, { filter: 'nodes' }],
      observe_capacity: [{}, { namespace }, { pod: 'homeless' }, { pod }],
      observe_changes: [{}, { kind: 'Deployment', name: 'web' }, { kind: 'ConfigMap' }],
      observe_describe: [
        { kind: 'Deployment', name: 'web' },
        { kind: 'Service', name: 'web' },
        { kind: 'Pod', name: pod },
      ],
      observe_events: [{}, { kind: 'Deployment', name: 'web' }],
      observe_get: [{ kind: 'cm', name: 'settings' }],
      observe_health: [{}, { all_namespaces: true }],
      observe_list: [{ kind: 'pods' }, { kind: 'deploy' }],
      observe_logs: [{ pod }, { workload: 'Deployment/web' }],
      observe_related: [
        { kind: 'Deployment', name: 'web' },
        { kind: 'Service', name: 'web' },
        { kind: 'ConfigMap', name: 'settings' },
        { kind: 'Pod', name: pod },
      ],
      observe_rollout: [{ kind: 'Deployment', name: 'web' }],
      transaction_status: [{}],
    };
    const observing = tools
      .filter((tool) => tool.annotations?.readOnlyHint)
      .map(({ name }) => name);
    expect(observing.filter((name) => calls[name] === undefined)).toEqual([]);
    for (const name of observing) {
      for (const args of calls[name] ?? []) {
        const { isError, text } = await session.call(name, args);
        expect(isError, `${name} ${JSON.stringify(args)}: ${text}`).toBe(false);
      }
    }
  });

  it('completes with its own namespace, and with what is in it', async () => {
    const { client } = await open();
    const suggest = async (name: string, given: Record<string, string> = {}) => {
      const { completion } = await client.complete({
        ref: { type: 'ref/prompt', name: 'diagnose' },
        argument: { name, value: '' },
        context: { arguments: given },
      });
      return completion.values;
    };
    expect(await suggest('namespace')).toEqual([namespace]);
    expect(await suggest('name', { kind: 'Deployment' })).toEqual(['web']);
    expect(await suggest('name', { kind: 'Node' })).toEqual([]);
  });

  it('is never told that what it can’t see is healthy or empty', async () => {
    const session = await open();
    const everywhere = await session.call('observe_health', { all_namespaces: true });
    expect(everywhere.payload.severity).toBeUndefined();
    expect(everywhere.payload.summary).toContain('Not observed, so not healthy');
    const here = await session.call('observe_health', {});
    const unknowns = JSON.stringify(here.payload.unknowns);
    expect(unknowns).toContain('nodes');
    expect(unknowns).not.toContain('pods');

    const nodes = await session.call('observe_capacity', {});
    expect(nodes.payload.summary).toContain('Nodes are hidden, so what is free is unknown');
    expect(nodes.payload.nodes).toBeUndefined();
    expect(nodes.payload.pods).toHaveLength(3);
    const homeless = await session.call('observe_capacity', { pod: 'homeless' });
    expect(homeless.payload.summary).toContain('Nodes are hidden');
    expect(homeless.payload.fits).toBeUndefined();
    expect(JSON.stringify(homeless.payload.scheduler_said)).toContain("didn't match Pod's node");
  });

  it('is told what is hidden, and where it may look instead', async () => {
    const session = await open();
    const hidden: [string, Record<string, unknown>][] = [
      ['observe_list', { kind: 'pods', all_namespaces: true }],
      ['observe_list', { kind: 'nodes' }],
      ['observe_list', { kind: 'pods', namespace: 'kube-system' }],
      ['observe_events', { all_namespaces: true }],
      ['observe_health', { namespace: 'kube-system' }],
      ['observe_capacity', { node: 'node-1' }],
      ['observe_capacity', { namespace: 'kube-system' }],
    ];
    for (const [tool, args] of hidden) {
      const { isError, text } = await session.call(tool, args);
      expect(text, tool).toMatch(/forbidden|hidden|Not observed/);
      expect(text, tool).not.toMatch(
        /\bNo (pods|nodes|events|violation)\b[^.]*\b(match|severity 0)/,
      );
      if (isError) expect(text.slice(text.indexOf('Next: ')), tool).toContain(namespace);
    }
  });

  it('commits a change in its namespace, with the evidence it has', async () => {
    const session = await open(['--policy', STORY_POLICY]);
    const reason = 'more load is coming';
    const begun = await session.call('transaction_begin', { reason, namespaces: [namespace] });
    expect(begun.isError, begun.text).toBe(false);
    const transaction = String(begun.payload.transaction ?? begun.payload.id);
    const scaled = await session.call('mitigate_scale', {
      transaction,
      kind: 'Deployment',
      name: 'web',
      namespace,
      reason,
      replicas: 3,
    });
    expect(scaled.isError, scaled.text).toBe(false);
    let committed = await session.call('transaction_commit', { transaction });
    for (
      let again = 0;
      again < 5 && /settling/.test(String(committed.payload.outcome));
      again += 1
    ) {
      committed = await session.call('transaction_commit', { transaction });
    }
    expect(committed.isError, committed.text).toBe(false);
    expect(committed.text).toMatch(/committed/i);
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const { json } = await cluster.request('GET', path);
    expect(at(json, 'spec', 'replicas')).toBe(3);
  }, 180_000);
});
