import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { mitigateDelete } from '../../../src/tools/mitigate/delete.ts';
import { podsOfJobs } from '../../../src/tools/mitigate/job-pods.ts';
import { answers, live, plan, reads, refusal } from './support.ts';

const job = (spec: JsonObject, status: JsonObject = {}) =>
  live({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'load', namespace: 'shop', uid: 'job-1' },
    spec,
    status,
  });
const pod = (name: string, metadata: JsonObject = {}, phase = 'Running') => {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'load', uid: 'job-1' };
  return live({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace: 'shop', ownerReferences: [{ ...owner, controller: true }] },
      ...metadata,
    },
    status: { phase },
  });
};
const ignore = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] };
const fatal = { action: 'FailJob', onExitCodes: { operator: 'In', values: [143] } };
const indexed = (failures: string) => ({
  annotations: { 'batch.kubernetes.io/job-index-failure-count': failures },
});

describe('a pod of a Job may go', () => {
  test.each<[string, JsonObject, JsonObject, JsonObject, boolean]>([
    ['when a try is left', { backoffLimit: 1 }, {}, {}, true],
    ['by the default limit', {}, { failed: 5 }, {}, true],
    ['not after the last failure', {}, { failed: 6 }, {}, false],
    ['not without a second try', { backoffLimit: 0 }, {}, {}, false],
    ['when evictions do not count', { backoffLimit: 0, ...policy(ignore, fatal) }, {}, {}, true],
    ['not when its end may be fatal', { backoffLimit: 9, ...policy(fatal, ignore) }, {}, {}, false],
    ['when its index has a try', { backoffLimitPerIndex: 1 }, {}, indexed('0'), true],
    ['not when its index has none', { backoffLimitPerIndex: 1 }, {}, indexed('1'), false],
  ])('%s', (_when, spec, status, metadata, may) => {
    const { startAnew, last } = podsOfJobs([pod('a', metadata)], [job(spec, status)]);
    expect([startAnew.length, last.length]).toEqual(may ? [1, 0] : [0, 1]);
  });
});

function policy(...rules: JsonObject[]): JsonObject {
  return { podFailurePolicy: { rules } };
}

test('several pods of one Job use up several tries', () => {
  const three = ['a', 'b', 'c'].map((name) => pod(name));
  const { startAnew, last } = podsOfJobs(three, [job({ backoffLimit: 2 })]);
  expect([startAnew.length, last.length]).toEqual([2, 1]);
});

test('what is not known counts as the last try', () => {
  expect(podsOfJobs([pod('a')], undefined).last).toHaveLength(1);
  expect(podsOfJobs([pod('a')], []).last).toHaveLength(1);
});

test('a delete asks the Job of a pod, and refuses its last try', () => {
  const args = { kind: 'pods', name: 'a', namespace: 'shop' };
  expect(reads(mitigateDelete, args)).toHaveLength(2);
  expect(reads(mitigateDelete, { ...args, kind: 'PodDisruptionBudget' })).toHaveLength(1);
  const on = (spec: JsonObject, phase?: string) =>
    answers({ target: pod('a', {}, phase) }, { jobs: [job(spec)] });
  expect(plan(mitigateDelete, args, on({}))).toMatchObject([{ verb: 'delete' }]);
  const error = refusal(() => plan(mitigateDelete, args, on({ backoffLimit: 0 })));
  expect(error).toMatchObject({ code: 'irreversible', rule: 'A2 faithful undo' });
  expect(plan(mitigateDelete, args, on({ backoffLimit: 0 }, 'Failed'))).toHaveLength(1);
});
