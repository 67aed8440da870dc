import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { mitigateNode } from '../../../src/tools/mitigate/node.ts';
import { type AnyTool, answers, live, only, plan, reads, refusal } from './support.ts';

const tool = mitigateNode as AnyTool;

const node = (spec: JsonObject = {}) =>
  live({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec });
const call = (args: JsonObject, spec?: JsonObject) =>
  plan(tool, { name: 'node-1', ...args }, node(spec));
const GPU = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
const BAD = { key: 'disk', effect: 'NoSchedule' };

test('cordon and uncordon', () => {
  expect(only(call({ action: 'cordon' }))).toMatchObject({
    object: { kind: 'Node', name: 'node-1' },
    patch: { spec: { unschedulable: true } },
    kubectl: 'kubectl cordon node-1',
    // A cordon is a reduction by its very meaning, and the gate is told so.
    declares: 'it is cordoned: test',
  });
  expect(only(call({ action: 'uncordon' }, { unschedulable: true }))).toMatchObject({
    patch: { spec: { unschedulable: null } },
    kubectl: 'kubectl uncordon node-1',
  });
  expect(refusal(() => call({ action: 'uncordon' })).code).toBe('no_change');
  expect(refusal(() => call({ action: 'cordon' }, { unschedulable: true })).code).toBe('no_change');
});

describe('a taint', () => {
  test('is the first of its node', () => {
    expect(only(call({ action: 'taint', taint: BAD }))).toMatchObject({
      patchType: 'json',
      patch: [
        { op: 'test', path: '/spec/taints', value: null },
        { op: 'add', path: '/spec/taints', value: [BAD] },
      ],
      summary: 'taint disk:NoSchedule',
      kubectl: 'kubectl taint nodes node-1 disk:NoSchedule',
    });
  });

  test('leaves others alone', () => {
    expect(only(call({ action: 'taint', taint: BAD }, { taints: [GPU] }))).toMatchObject({
      patch: [{ op: 'add', path: '/spec/taints/-', value: BAD }],
    });
  });

  test('is named by key and effect: another value replaces, another effect adds', () => {
    const other = { ...GPU, value: 'no' };
    expect(only(call({ action: 'taint', taint: other }, { taints: [BAD, GPU] }))).toMatchObject({
      patch: [
        { op: 'test', path: '/spec/taints/1', value: GPU },
        { op: 'replace', path: '/spec/taints/1', value: other },
      ],
      summary: 'taint gpu=no:NoSchedule, before gpu=yes:NoSchedule',
      kubectl: 'kubectl taint nodes node-1 gpu=no:NoSchedule --overwrite',
    });
    const prefer = { ...GPU, effect: 'PreferNoSchedule' };
    expect(only(call({ action: 'taint', taint: prefer }, { taints: [GPU] }))).toMatchObject({
      patch: [{ op: 'add', path: '/spec/taints/-', value: prefer }],
    });
    expect(refusal(() => call({ action: 'taint', taint: GPU }, { taints: [GPU] })).code).toBe(
      'no_change',
    );
  });

  test('is removed alone, or with all of its key', () => {
    const prefer = { ...GPU, effect: 'PreferNoSchedule' };
    const taints = [GPU, BAD, prefer];
    const { value: _, ...unvalued } = GPU;
    expect(only(call({ action: 'untaint', taint: unvalued }, { taints }))).toMatchObject({
      patch: [
        { op: 'test', path: '/spec/taints/0', value: GPU },
        { op: 'remove', path: '/spec/taints/0' },
      ],
      kubectl: 'kubectl taint nodes node-1 gpu:NoSchedule-',
    });
    expect(only(call({ action: 'untaint', taint: { key: 'gpu' } }, { taints }))).toMatchObject({
      patch: [
        { op: 'test', path: '/spec/taints/2' },
        { op: 'remove', path: '/spec/taints/2' },
        { op: 'test', path: '/spec/taints/0' },
        { op: 'remove', path: '/spec/taints/0' },
      ],
      summary: 'untaint gpu=yes:NoSchedule, gpu=yes:PreferNoSchedule',
      kubectl: 'kubectl taint nodes node-1 gpu:NoSchedule- gpu:PreferNoSchedule-',
    });
    expect(
      refusal(() => call({ action: 'untaint', taint: { key: 'x' } }, { taints })).message,
    ).toContain('It has: gpu=yes:NoSchedule, disk:NoSchedule');
  });

  test('of the node controller is left to it', () => {
    for (const key of [
      'node.kubernetes.io/unschedulable',
      'node.cloudprovider.kubernetes.io/uninitialized',
    ]) {
      for (const action of ['taint', 'untaint']) {
        expect(refusal(() => call({ action, taint: { key, effect: 'NoSchedule' } }))).toMatchObject(
          { code: 'invalid_arguments', next: expect.stringContaining('cordon') },
        );
      }
    }
  });
});

test('an action gets exactly what it needs', () => {
  const asked = (args: JsonObject) => refusal(() => reads(tool, { name: 'node-1', ...args }));
  expect(asked({ action: 'taint' }).message).toBe('taint needs a taint.');
  expect(asked({ action: 'cordon', taint: BAD }).message).toBe('cordon takes no taint.');
  expect(refusal(() => call({ action: 'taint', taint: { key: 'a' } })).message).toBe(
    'The taint a needs an effect.',
  );
  expect(refusal(() => plan(tool, { name: 'gone', action: 'cordon' }, answers({}))).message).toBe(
    'There is no Node gone.',
  );
});
