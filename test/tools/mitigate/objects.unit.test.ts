import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mitigateDelete } from '../../../src/tools/mitigate/delete.ts';
import { kubectl } from '../../../src/tools/mitigate/kubectl.ts';
import { mitigatePatch } from '../../../src/tools/mitigate/patch.ts';
import { mitigateSetMetadata } from '../../../src/tools/mitigate/set-metadata.ts';
import { type AnyTool, answers, deployment, live, only, plan, reads, refusal } from './support.ts';

const remove = mitigateDelete as AnyTool;
const setMetadata = mitigateSetMetadata as AnyTool;
const patch = mitigatePatch as AnyTool;
const target = { kind: 'deployment', namespace: 'shop', name: 'catalog' };
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'catalog' };

describe('mitigate_delete', () => {
  test('deletes one named object', () => {
    expect(only(plan(remove, { ...target, intended_reduction: true }, deployment()))).toEqual({
      verb: 'delete',
      object,
      summary: 'delete',
      kubectl: 'kubectl delete deployment.apps/catalog --namespace=shop',
    });
  });

  test('says before anybody approves it that the gate would take an undeclared delete back', () => {
    const { warnings } = only(plan(remove, target, deployment()));
    expect(warnings).toEqual([expect.stringContaining('intended_reduction')]);
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } };
    const planned = plan(remove, { kind: 'configmap', name: 'settings' }, live(config));
    expect(only(planned).warnings).toBeUndefined();
  });

  test('has nothing to do for what is being deleted', () => {
    const going = deployment({ metadata: { deletionTimestamp: '2026-08-31T00:00:00Z' } });
    expect(refusal(() => plan(remove, target, going)).code).toBe('no_change');
    expect(refusal(() => plan(remove, target, answers({}))).code).toBe('not_found');
  });

  test('reaches objects of the cluster', () => {
    const role = live({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
    });
    expect(only(plan(remove, { kind: 'clusterrole', name: 'reader' }, role)).kubectl).toBe(
      'kubectl delete clusterrole.rbac.authorization.k8s.io/reader',
    );
  });
});

describe('mitigate_set_metadata', () => {
  test('changes only what differs', () => {
    const labels = { app: 'catalog', tier: 'front', gone: null };
    expect(only(plan(setMetadata, { ...target, labels }, deployment()))).toEqual({
      verb: 'patch',
      object,
      patchType: 'merge',
      patch: { metadata: { labels: { tier: 'front' } } },
      summary: 'labels: set tier',
      kubectl: 'kubectl label deployment.apps/catalog --namespace=shop tier=front',
    });
    const overwritten = only(plan(setMetadata, { ...target, labels: { app: 'x' } }, deployment()));
    expect(overwritten.kubectl).toContain('--overwrite');
    expect(
      only(plan(setMetadata, { ...target, labels: { app: null } }, deployment())),
    ).toMatchObject({
      patch: { metadata: { labels: { app: null } } },
      kubectl: 'kubectl label deployment.apps/catalog --namespace=shop app-',
    });
    const annotations = { note: "it's on" };
    expect(only(plan(setMetadata, { ...target, annotations }, deployment()))).toMatchObject({
      patch: { metadata: { annotations } },
      kubectl: `kubectl annotate deployment.apps/catalog --namespace=shop 'note=it'\\''s on'`,
    });
  });

  test('changes labels and annotations of an object in one write', () => {
    const args = { ...target, labels: { app: null, tier: 'front' }, annotations: { note: 'on' } };
    expect(only(plan(setMetadata, args, deployment()))).toMatchObject({
      patch: { metadata: { labels: { app: null, tier: 'front' }, annotations: { note: 'on' } } },
      summary: 'labels: set tier and remove app; annotations: set note',
      kubectl:
        'kubectl label deployment.apps/catalog --namespace=shop tier=front app- && kubectl annotate deployment.apps/catalog --namespace=shop note=on',
    });
  });

  test('expands a selector to the objects that match now', () => {
    const args = { kind: 'deploy', namespace: 'shop', selector: 'app=catalog', labels: { a: '1' } };
    expect(reads(setMetadata, args)).toEqual([
      {
        as: 'matches',
        list: { resource: 'deploy', namespace: 'shop', labelSelector: 'app=catalog' },
      },
    ]);
    const done = deployment({ metadata: { name: 'done', labels: { a: '1' } } });
    const other = deployment({ metadata: { name: 'other' } });
    const facts = answers({}, { matches: [deployment(), done, other] });
    expect(plan(setMetadata, args, facts).map((write) => write.object.name)).toEqual([
      'catalog',
      'other',
    ]);
    expect(refusal(() => plan(setMetadata, args, answers({}, { matches: [done] }))).code).toBe(
      'no_change',
    );
    expect(refusal(() => plan(setMetadata, args, answers({}))).message).toBe(
      'No deploy matches the selector "app=catalog" in namespace shop.',
    );
  });

  test('refuses what is unclear', () => {
    const labels = { a: '1' };
    const { name: _, ...unnamed } = target;
    expect(refusal(() => reads(setMetadata, { ...unnamed, labels })).message).toBe(
      'Give either a name or a selector.',
    );
    expect(refusal(() => reads(setMetadata, { ...target, selector: 'a', labels })).code).toBe(
      'invalid_arguments',
    );
    for (const args of [target, { ...target, labels: {}, annotations: {} }]) {
      expect(refusal(() => plan(setMetadata, args, deployment())).message).toBe(
        'There are no labels or annotations to set or to remove.',
      );
    }
  });
});

describe('mitigate_patch', () => {
  test('hands the patch over as it is', () => {
    const fields = { spec: { template: { spec: { hostNetwork: null } }, paused: true } };
    expect(only(plan(patch, { ...target, type: 'merge', patch: fields }, deployment()))).toEqual({
      verb: 'patch',
      object,
      patchType: 'merge',
      patch: fields,
      summary: 'patch spec.template, spec.paused',
      kubectl: `kubectl patch deployment.apps/catalog --namespace=shop --type=merge -p '${JSON.stringify(fields)}'`,
    });
    const operations = [
      { op: 'test', path: '/spec/replicas', value: 3 },
      { op: 'replace', path: '/spec/replicas', value: 4 },
    ];
    expect(
      only(plan(patch, { ...target, type: 'json', patch: operations }, deployment())),
    ).toMatchObject({ patchType: 'json', patch: operations });
  });

  test('says which shape a type wants', () => {
    const message = (type: string, given: object) =>
      refusal(() => plan(patch, { ...target, type, patch: given as never }, deployment())).message;
    expect(message('json', { spec: {} })).toBe('A json patch is a list of operations.');
    expect(message('merge', [{ op: 'remove', path: '/spec' }])).toBe(
      'A merge patch is an object with at least one field.',
    );
    expect(message('strategic', {})).toBe(
      'A strategic patch is an object with at least one field.',
    );
    expect(message('json', [{ op: 'set', path: '/a' }])).toBe(
      'In patch[0] op is none of add, remove, replace, move, copy, test.',
    );
    expect(message('json', [{ op: 'add', path: '/a' }])).toBe('In patch[0] add needs a value.');
    expect(message('json', [{ op: 'remove', path: 'a' }])).toBe(
      'In patch[0] path is no JSON pointer (it begins with /).',
    );
  });

  test('shows no value of a Secret', () => {
    const secret = live({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { password: 'b2xk' },
    });
    const args = {
      kind: 'v1 Secret',
      namespace: 'shop',
      name: 's',
      patch: { stringData: { password: 'hunter22' } },
    };
    const write = only(plan(patch, args, secret));
    expect(`${write.kubectl} ${write.summary}`).not.toContain('hunter22');
    const json = {
      ...args,
      type: 'json',
      patch: [{ op: 'add', path: '/data/x', value: 'aHVudGVy' }],
    };
    expect(only(plan(patch, json, secret)).kubectl).not.toContain('aHVudGVy');
  });
});

test('every word of a kubectl command reaches a shell as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (words) => {
      const clean = words.map((word) => word.replaceAll('\0', ''));
      const command = kubectl(...clean).replace(/^kubectl/, "printf '%s\\0'");
      const out = execFileSync('sh', ['-c', command], { encoding: 'utf8' });
      expect(out.split('\0').slice(0, -1)).toEqual(clean);
    }),
    { numRuns: 50 },
  );
});
