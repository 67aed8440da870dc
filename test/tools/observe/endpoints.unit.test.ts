import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/core/kube.ts';
import { judgeService } from '../../../src/tools/observe/related/endpoints.ts';

const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { tier: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};

function pod(owner: string, hash: string, index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner}-${hash}-${index}`,
      namespace: 'shop',
      labels: { tier: 'web', 'pod-template-hash': hash },
      ownerReferences: [
        { kind: 'ReplicaSet', name: `${owner}-${hash}`, controller: true },
      ] as never,
    },
    spec: { containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

const backing = { slices: [], others: undefined, workloads: undefined };

test('a selector that takes in the pods of another workload says whose they are', () => {
  const pods = [pod('web', 'a1', 0), pod('web', 'b2', 1), pod('catalog', 'c3', 0)];
  expect(judgeService(service, { ...backing, pods }).problems).toContain(
    'Its selector tier=web matches pods of 2 workloads: Deployment catalog (1), Deployment web (2). Each gets a share of the requests.',
  );
});

test('two revisions of one Deployment are one workload', () => {
  const pods = [pod('web', 'a1', 0), pod('web', 'b2', 1)];
  expect(judgeService(service, { ...backing, pods }).problems.join()).not.toContain('workloads');
});

test('a Service of a workload that is scaled to 0 names the workload, not other pods', () => {
  const asleep: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 0 },
  };
  const others = [pod('catalog', 'c3', 0)];
  const judged = judgeService(service, { ...backing, pods: [], others, workloads: [asleep] });
  expect(judged.problems).toEqual([
    'Its selector tier=web matches no pod. Those of Deployment shop/web (replicas 0) would match.',
  ]);
  expect(judged.idle).toEqual(['Deployment shop/web']);
});
