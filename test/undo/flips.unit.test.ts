import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { type Flip, flipsOf, type Sighting } from '../../src/undo/owners/flips.ts';
import { type Shape, unknownShape } from '../../src/undo/shape.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { object } from './objects.ts';

const keyed: Shape = { ...unknownShape, kind: 'keyed-list', keys: ['name'] };
const shape: Shape = {
  ...unknownShape,
  field: (name) => (name === 'containers' ? keyed : shape),
};
const FLUX = 'kustomize-controller';
const APPLIED = {
  manager: FLUX,
  operation: 'Apply',
  fieldsV1: { 'f:spec': { 'f:containers': {} } },
};

const A1 = { name: 'a', image: '1' };
const A2 = { name: 'a', image: '2' };
const B = { name: 'b', image: '1' };
const workload = (...containers: JsonObject[]): KubeObject =>
  object('Deployment', { spec: { containers } }, { uid: 'u', managedFields: [APPLIED] });

const step = (seq: number, pre: KubeObject, post: KubeObject): UndoStep => ({
  ...{ seq, verb: 'patch', intentId: `i-${seq}`, postUid: 'u' },
  ...{ pre, post },
});
const seen = (afterSeq: number, it: KubeObject): Sighting => ({ afterSeq, object: it });
const flips = (steps: UndoStep[], sightings: Sighting[]): Flip[] =>
  flipsOf(steps, sightings, shape, { hasStatus: true });

describe('after we turned the order of a list around', () => {
  const turned = step(1, workload(A1, B), workload(B, A1));

  test('who turns it back twice is told so', () => {
    const [back, again] = [workload(A1, B), workload(B, A1)];
    const found = flips([turned, step(2, back, again)], [seen(1, back), seen(2, back)]);
    expect(found).toMatchObject([{ manager: FLUX, times: 2, back: true, standing: true }]);
  });

  test('who edits its elements does not turn it back', () => {
    expect(flips([turned], [seen(1, workload(B, A2)), seen(1, workload(B, A1))])).toEqual([]);
  });

  test('our own edits of its elements are no flip', () => {
    const edited = step(2, workload(B, A1), workload(B, A2));
    expect(flips([turned, edited], [seen(2, workload(B, A2))])).toEqual([]);
  });

  test('an order that was turned back stands, whatever we write within it', () => {
    const edited = step(2, workload(A1, B), workload(A2, B));
    expect(flips([turned, edited], [seen(2, workload(A2, B))])).toMatchObject([
      { times: 1, back: true, standing: true, reconciles: true },
    ]);
  });
});
