import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/kube.ts';
import { changedTemplates } from '../../src/undo/template-changes.ts';
import type { UndoStep } from '../../src/undo/types.ts';

const of = (image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: { template: { spec: { containers: [{ name: 'a', image }] } } },
});

function step(verb: UndoStep['verb'], pre?: string, post?: string): UndoStep {
  return {
    ...{ seq: 0, verb, intentId: 'i', postUid: undefined },
    pre: pre === undefined ? undefined : of(pre),
    post: post === undefined ? undefined : of(post),
  };
}

test.each<[string, UndoStep[], string[]]>([
  ['an update of it', [step('patch', 'a', 'b')], ['b']],
  ['an update of something else', [step('patch', 'a', 'a')], []],
  ['a delete', [step('delete', 'a')], []],
  ['delete and create of another', [step('delete', 'a'), step('create', undefined, 'b')], ['b']],
  ['delete and create of the same', [step('delete', 'a'), step('create', undefined, 'a')], []],
  ['one that somebody else wrote', [step('patch', 'a', 'a'), step('patch', 'b', 'b')], []],
  ['a create', [step('create', undefined, 'a')], []],
])('templates that the steps brought: %s', (_name, steps, brought) => {
  expect(changedTemplates({ steps })).toEqual(brought.map(of));
});
