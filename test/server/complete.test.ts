import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { connect, type Session } from './support.ts';

const cluster = useCluster();

async function suggest(
  session: Session,
  argument: { name: string; value: string },
  given: Record<string, string> = {},
) {
  const { completion } = await session.client.complete({
    ref: { type: 'ref/prompt', name: 'diagnose' },
    argument,
    context: { arguments: given },
  });
  return completion;
}

test('namespaces, kinds and names complete as they are typed', async () => {
  const namespace = await cluster.namespace('complete');
  await cluster.apply(
    Array.from({ length: 120 }, (_, i) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `settings-${String(i).padStart(3, '0')}`, namespace },
    })),
  );
  const session = await connect({ env: { KUBECONFIG: cluster.kubeconfig() } });
  const some = await suggest(session, { name: 'namespace', value: namespace.slice(0, -2) });
  expect(some.values).toEqual([namespace]);

  const kinds = await suggest(session, { name: 'kind', value: 'stateful' });
  expect(kinds.values).toEqual(['StatefulSet']);
  const anywhere = await suggest(session, { name: 'kind', value: 'map' });
  expect(anywhere.values).toContain('ConfigMap');

  const object = { namespace, kind: 'ConfigMap' };
  expect((await suggest(session, { name: 'name', value: 'settings-11' }, object)).values).toEqual(
    Array.from({ length: 10 }, (_, i) => `settings-11${i}`),
  );
  const many = await suggest(session, { name: 'name', value: 'settings' }, object);
  expect(many).toMatchObject({ total: 120, hasMore: true });
  expect(many.values).toHaveLength(100);
  // Without a kind there is nothing to list, and a name that leads nowhere is no error.
  expect((await suggest(session, { name: 'name', value: '' })).values).toEqual([]);
  const nowhere = { namespace: 'a/../b', kind: 'ConfigMap' };
  expect((await suggest(session, { name: 'name', value: '' }, nowhere)).values).toEqual([]);
});
