import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { mitigateScale } from '../../../src/tools/mitigate/scale.ts';
import { type AnyTool, deployment, live, only, plan, reads, refusal } from './support.ts';

const scale = mitigateScale as AnyTool;
const target = { namespace: 'shop', name: 'catalog' };

function autoscaler(spec: JsonObject = {}) {
  return live({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'catalog', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'catalog' },
      minReplicas: 2,
      maxReplicas: 5,
      ...spec,
    },
  });
}

describe('replicas of a workload', () => {
  test('are set, with the kubectl command of it', () => {
    expect(only(plan(scale, { ...target, replicas: 5 }, deployment()))).toMatchObject({
      patchType: 'merge',
      patch: { spec: { replicas: 5 } },
      summary: 'scale from 3 to 5 replicas',
      kubectl: 'kubectl scale deployment.apps/catalog --namespace=shop --replicas=5',
    });
    expect(refusal(() => plan(scale, { ...target, replicas: 3 }, deployment())).code).toBe(
      'no_change',
    );
  });

  test('that shrink say what a commit wants to hear, unless a person asked for it', () => {
    const fewer = (more: JsonObject) =>
      only(plan(scale, { ...target, replicas: 1, ...more }, deployment())).warnings?.join() ?? '';
    expect(fewer({})).toContain('intended_reduction');
    expect(fewer({ intended_reduction: true })).toBe('');
  });
});

describe('the bounds of an autoscaler', () => {
  const hpa = { ...target, kind: 'hpa' };

  test.each<[JsonObject, JsonObject, string]>([
    [{ min_replicas: 4 }, { minReplicas: 4 }, 'bounds from 2..5 to 4..5 replicas'],
    [{ max_replicas: 9 }, { maxReplicas: 9 }, 'bounds from 2..5 to 2..9 replicas'],
    [
      { min_replicas: 6, max_replicas: 9 },
      { minReplicas: 6, maxReplicas: 9 },
      'bounds from 2..5 to 6..9 replicas',
    ],
    [{ min_replicas: 2, max_replicas: 9 }, { maxReplicas: 9 }, 'bounds from 2..5 to 2..9 replicas'],
  ])('%j', (args, spec, summary) => {
    expect(only(plan(scale, { ...hpa, ...args }, autoscaler()))).toMatchObject({
      patch: { spec },
      summary,
      kubectl: `kubectl patch horizontalpodautoscaler.autoscaling/catalog --namespace=shop --type=merge -p '${JSON.stringify({ spec })}'`,
    });
  });

  test('need no list of autoscalers', () => {
    expect(reads(scale, { ...hpa, max_replicas: 9 })).toHaveLength(1);
  });

  test('stay in order', () => {
    expect(refusal(() => plan(scale, { ...hpa, min_replicas: 6 }, autoscaler())).message).toBe(
      'min_replicas 6 would be above max_replicas 5.',
    );
    expect(refusal(() => plan(scale, { ...hpa, max_replicas: 1 }, autoscaler())).message).toBe(
      'min_replicas 2 would be above max_replicas 1.',
    );
    expect(refusal(() => plan(scale, { ...hpa, min_replicas: 2 }, autoscaler())).code).toBe(
      'no_change',
    );
  });
});

test('arguments of one kind are refused for the other, with what to do instead', () => {
  const mixed = refusal(() => reads(scale, { ...target, replicas: 2, min_replicas: 2 }));
  expect(mixed).toMatchObject({
    code: 'invalid_arguments',
    next: expect.stringMatching(/two calls/),
  });
  expect(refusal(() => reads(scale, target)).message).toBe('There is nothing to set.');
  expect(refusal(() => plan(scale, { ...target, max_replicas: 2 }, deployment()))).toMatchObject({
    message: expect.stringContaining('is no HorizontalPodAutoscaler'),
    next: expect.stringContaining('Give replicas'),
  });
  expect(refusal(() => plan(scale, { ...target, replicas: 2 }, autoscaler()))).toMatchObject({
    message: expect.stringContaining('has bounds, not replicas'),
    next: expect.stringContaining('min_replicas'),
  });
});
