import { expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import { remainsOf } from '../../src/undo/remains.ts';
import type { UndoGroup, UndoPort } from '../../src/undo/types.ts';
import { object, spec } from './objects.ts';

test.each(['forbidden', 'cluster_error'] as const)(
  'where claims can not be listed (%s), the report says that they may stay',
  async (code) => {
    const post = object(
      'StatefulSet',
      spec({ volumeClaimTemplates: [{ metadata: { name: 'data' } }] }),
    );
    const step = { seq: 1, verb: 'create', intentId: 'i', pre: undefined, post, postUid: 'u' };
    const group = { steps: [step] } as unknown as UndoGroup;
    const port = {
      list: () => Promise.reject(new StratusError(code, 'no list of claims')),
    } as unknown as UndoPort;
    expect(await remainsOf(group, undefined, port)).toEqual([expect.stringContaining('may stay')]);
  },
);

test('what somebody made under the name of a create without an answer left nothing of ours', async () => {
  const post = object('Pod');
  const step = { seq: 1, verb: 'create', intentId: 'i', pre: undefined, post, postUid: undefined };
  const group = { steps: [step] } as unknown as UndoGroup;
  const port = {} as UndoPort;
  expect(await remainsOf(group, object('Pod', {}, { uid: 'theirs' }), port)).toEqual([]);
  expect(await remainsOf(group, undefined, port)).toEqual(['Work that it ran stays done.']);
});
