import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import {
  comparableManagedFields,
  ownerOf,
  restoredManagedFields,
} from '../../src/undo/managed-fields.ts';
import { configMap, owns } from './objects.ts';

const T1 = '2026-01-01T00:01:00Z';
const T2 = '2026-01-01T00:02:00Z';
const with_ = (...managedFields: JsonObject[]): KubeObject => configMap({}, { managedFields });
const status = (manager: string, time: string): JsonObject => ({
  ...owns(manager, [], { subresource: 'status', time }),
  fieldsV1: { 'f:status': { 'f:phase': {} } },
});
const annotates = (manager: string, annotation: string): JsonObject => ({
  ...owns(manager, [], { time: T1 }),
  fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, [`f:${annotation}`]: {} } } },
});
const flux = (keys: string[], time = T1) => owns('flux', keys, { operation: 'Apply', time });
const undo = owns('stratus-undo', ['a'], { time: T2 });
const command = owns('stratus-mcp', ['a'], { time: T1 });

describe('ownership after an undo', () => {
  const pre = with_(flux(['a', 'b']));

  test('goes back to those who had it; nothing of ours is left', () => {
    expect(restoredManagedFields(pre, with_(flux(['b']), command, undo))).toEqual([
      flux(['a', 'b']),
    ]);
  });
  test('also to a manager that lost all its fields', () => {
    expect(restoredManagedFields(with_(flux(['a'])), with_(command, undo))).toEqual([flux(['a'])]);
  });
  test('what we owned before, from an earlier command, stays ours', () => {
    const mine = owns('stratus-mcp', ['c']);
    expect(
      restoredManagedFields(with_(flux(['a']), mine), with_(owns('stratus-mcp', ['a', 'c']), undo)),
    ).toEqual([flux(['a']), mine]);
  });
  test('controllers that report status keep their newer entry', () => {
    const live = with_(undo, status('kube-controller-manager', T2));
    const first = with_(flux(['a']), status('kube-controller-manager', T1));
    expect(restoredManagedFields(first, live)).toEqual([
      flux(['a']),
      status('kube-controller-manager', T2),
    ]);
  });
  test('a controller that only numbered a rollout is no other writer', () => {
    const numbered = annotates('kube-controller-manager', 'deployment.kubernetes.io/revision');
    expect(restoredManagedFields(with_(flux(['a'])), with_(undo, numbered))).toEqual([
      flux(['a']),
      numbered,
    ]);
  });
  test.each([
    ['a new manager', owns('kubectl-edit', ['x'], { time: T2 })],
    ['a known one, later', flux(['b', 'x'], T2)],
    ['a known one, within the same second', flux(['b', 'x'], T1)],
    ['a new manager that annotates', annotates('kubectl-annotate', 'example.com/a')],
  ])('others wrote meanwhile (%s): it stays as it is', (_what, entry) => {
    expect(restoredManagedFields(pre, with_(entry, undo))).toBeUndefined();
  });
});

test('ownership compares without times, order, status and rollout numbers', () => {
  const numbered = annotates('kube-controller-manager', 'deployment.kubernetes.io/revision');
  const one = with_(flux(['a']), command, status('x', T1), numbered);
  const other = with_(status('x', T2), { ...command, time: T2 }, flux(['a'], T2));
  expect(comparableManagedFields(one)).toEqual(comparableManagedFields(other));
  expect(comparableManagedFields(one)).not.toEqual(
    comparableManagedFields(with_(flux(['a', 'b']), command)),
  );
});

describe('the owner of a path', () => {
  const containers = {
    ...owns('kubectl-edit', [], { time: T1 }),
    fieldsV1: {
      'f:spec': {
        'f:ports': {
          'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:targetPort': {} },
        },
        'f:selector': {},
        'f:finalizers': { 'v:"example.com/a"': {} },
      },
    },
  };
  const live = with_(containers, command, owns('flux', ['a', 'b'], { time: T2 }));
  const port = { keys: { port: 80, protocol: 'TCP' } };

  test.each([
    ['a field', ['data', 'b'], 'flux'],
    ['a field that we own too: the other one', ['data', 'a'], 'flux'],
    ['a field inside an element', ['spec', 'ports', port, 'targetPort'], 'kubectl-edit'],
    ['an element', ['spec', 'ports', port], 'kubectl-edit'],
    ['below an atomic value', ['spec', 'selector', 'app'], 'kubectl-edit'],
    ['a value of a set', ['spec', 'finalizers', { value: 'example.com/a' }], 'kubectl-edit'],
    ['a field of nobody', ['data', 'zzz'], undefined],
    ['another element', ['spec', 'ports', { keys: { port: 81, protocol: 'TCP' } }], undefined],
  ])('%s', (_what, path, manager) => {
    expect(ownerOf(live, path)?.manager).toBe(manager);
  });

  test('the latest of several', () => {
    const both = with_(owns('old', ['a'], { time: T1 }), owns('new', ['a'], { time: T2 }));
    expect(ownerOf(both, ['data', 'a'])).toMatchObject({ manager: 'new', time: T2 });
  });

  test('who holds the field, not who holds only the map that it is in', () => {
    const map = { ...owns('creator', [], { time: T2 }), fieldsV1: { 'f:data': {} } };
    const live = with_(map, owns('editor', ['a'], { time: T1 }));
    expect(ownerOf(live, ['data', 'a'])?.manager).toBe('editor');
    expect(ownerOf(live, ['data', 'b'])?.manager).toBe('creator');
  });
});
