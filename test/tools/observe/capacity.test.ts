import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { observeCapacity } from '../../../src/tools/observe/capacity.ts';
import { at, useCluster } from '../../cluster/index.ts';
import { metricsApi } from '../../cluster/metrics-api.ts';
import { openWorkbench } from './workbench.ts';

const cluster = useCluster();
let namespace = '';

const metadata = (name: string) => ({ name, namespace });
const aPod = (name: string, spec: object, requests: object = { cpu: '100m', memory: '64Mi' }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadata(name),
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'local/web:1', resources: { requests } }],
    ...spec,
  },
});

beforeAll(async () => {
  namespace = await cluster.namespace('capacity');
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadata('team'),
    spec: { hard: { 'requests.cpu': '2k', 'count/configmaps': '10' } },
  };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata('data'),
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'none-such',
      resources: { requests: { storage: '1Gi' } },
    },
  };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  await cluster.apply([
    quota,
    claim,
    aPod('small', {}),
    aPod('huge', {}, { cpu: '1000', memory: '64Mi' }),
    aPod('picky', { nodeSelector: { 'example.com/disk': 'fast' } }),
    aPod('claiming', { volumes }),
  ]);
  await cluster.waitFor('the scheduler to have tried all pods', async () => {
    const states = await Promise.all(
      ['small', 'huge', 'picky', 'claiming'].map(async (name) => {
        const { json } = await cluster.request(
          'GET',
          `/api/v1/namespaces/${namespace}/pods/${name}`,
        );
        return at(json, 'spec', 'nodeName') ?? at(json, 'status', 'conditions', 0, 'message');
      }),
    );
    return states.every((state) => state !== undefined);
  });
});

const open = (options = {}) => openWorkbench(cluster, { namespace, ...options });

describe('observe_capacity', () => {
  it('shows what nodes can hold and what is requested of it, and says once that usage is not measured', async () => {
    const bench = await open();
    const answer = await bench.call(observeCapacity, { sort: 'name' });
    expect(answer.nodes?.map((it) => it.node)).toEqual([...cluster.nodes].sort());
    const [first] = answer.nodes ?? [];
    expect(first?.resources).toMatchObject({
      cpu: {
        allocatable: expect.any(String),
        requested: expect.any(String),
        free: expect.any(String),
      },
      memory: { allocatable: expect.stringMatching(/[KMG]i$/) },
      pods: { allocatable: expect.any(String) },
    });
    expect(answer.summary).toMatch(/^\d+ nodes\. cpu: .* of .* requested/);
    expect(answer.notes?.filter((it) => it.includes('metrics.k8s.io'))).toHaveLength(1);
  });

  it('pages through the nodes once each', async () => {
    const bench = await open();
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.call(observeCapacity, { limit: 1, sort: 'name', cursor });
      seen.push(...(page.nodes ?? []).map((it) => it.node));
      cursor = page.cursor;
    } while (cursor);
    expect(seen).toEqual([...cluster.nodes].sort());
  });

  it('shows the pods of a node, and suggests a name for one that is not there', async () => {
    const bench = await open();
    const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods/small`);
    const node = String(at(json, 'spec', 'nodeName'));
    const answer = await bench.call(observeCapacity, { node, limit: 200 });
    expect(answer.pods).toContainEqual(
      expect.objectContaining({
        pod: `${namespace}/small`,
        resources: { cpu: { requests: '100m' }, memory: { requests: '64Mi' } },
      }),
    );
    const error = await bench.refusal(observeCapacity, { node: `${node}x` });
    expect(error.message).toContain(`Did you mean ${node}`);
  });

  it('shows the pods and quotas of a namespace', async () => {
    const bench = await open();
    const answer = await bench.call(observeCapacity, { namespace });
    expect(answer.summary).toContain(`4 pods in namespace ${namespace} request cpu 1000300m`);
    expect(answer.pods?.[0]?.pod).toBe(`${namespace}/huge`);
    expect(answer.quotas).toEqual([
      {
        quota: 'team',
        used: { 'count/configmaps': '1 of 10 (10%)', 'requests.cpu': '1000300m of 2000 (50%)' },
      },
    ]);
    const gone = await bench.refusal(observeCapacity, { namespace: 'no-such-namespace' });
    expect(gone.code).toBe('not_found');
  });

  it('says of each node by how much a pod is too large, beside the scheduler’s own words', async () => {
    const bench = await open();
    const answer = await bench.call(observeCapacity, { namespace, pod: 'huge' });
    expect(answer.fits).toBeUndefined();
    expect(answer.misfits).toHaveLength(cluster.nodes.length);
    for (const { reasons } of answer.misfits ?? []) {
      expect(JSON.stringify(reasons)).toMatch(/insufficient cpu: needs 1000, free .*short by/);
    }
    expect(answer.scheduler_said?.join()).toContain('Insufficient cpu');
    expect(answer.summary).toContain('is on no node. 0 of 3 nodes would take it');
  });

  it('names the label that no node has', async () => {
    const bench = await open();
    const answer = await bench.call(observeCapacity, { namespace, pod: 'picky' });
    expect(answer.misfits?.[0]?.reasons).toEqual([
      'lacks label example.com/disk=fast of nodeSelector',
    ]);
    expect(answer.scheduler_said?.join()).toContain("didn't match Pod's node affinity/selector");
  });

  it('names the claim that is not bound', async () => {
    const bench = await open();
    const answer = await bench.call(observeCapacity, { namespace, pod: 'claiming' });
    expect(answer.blocked).toEqual(['claim data is not bound to a volume yet']);
    expect(answer.summary).toContain('It fits nowhere');
  });

  it('finds that a pod which runs fits where it is', async () => {
    const bench = await open();
    const answer = await bench.call(observeCapacity, { namespace, pod: 'small' });
    const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods/small`);
    expect(answer.fits).toContain(at(json, 'spec', 'nodeName'));
    expect(answer.scheduler_said).toBeUndefined();
  });

  it('shows usage where metrics.k8s.io is served', async () => {
    onTestFinished(async () => {
      for (const plural of ['nodes', 'pods']) {
        const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.metrics.k8s.io`;
        await cluster.request('DELETE', path, undefined, { allow: [404] });
      }
    });
    const apiVersion = 'metrics.k8s.io/v1beta1';
    const measured = { timestamp: '2026-01-31T12:00:00Z', window: '10.5s' };
    const [node = ''] = cluster.nodes;
    await cluster.apply([
      ...metricsApi(),
      {
        apiVersion,
        kind: 'NodeMetrics',
        metadata: { name: node },
        ...measured,
        usage: { cpu: '187654321n', memory: '1048576Ki' },
      },
      {
        apiVersion,
        kind: 'PodMetrics',
        metadata: metadata('small'),
        ...measured,
        containers: [
          { name: 'main', usage: { cpu: '250001n', memory: '2048Ki' } },
          { name: 'sidecar', usage: { cpu: '1u', memory: '1024Ki' } },
        ],
      },
    ]);
    const bench = await open();
    const nodes = await bench.call(observeCapacity, { sort: 'name', limit: 200 });
    const one = nodes.nodes?.find((it) => it.node === node);
    expect(one?.resources).toMatchObject({ cpu: { used: '188m' }, memory: { used: '1Gi' } });
    expect(JSON.stringify(nodes.notes ?? [])).not.toContain('metrics.k8s.io');
    const inside = await bench.call(observeCapacity, { namespace });
    expect(inside.pods?.find((it) => it.pod === `${namespace}/small`)?.resources).toMatchObject({
      cpu: { requests: '100m', used: '1m' },
      memory: { used: '3Mi' },
    });
  });
});
