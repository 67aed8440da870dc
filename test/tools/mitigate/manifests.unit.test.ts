import { describe, expect, test } from 'vitest';
import { type JsonObject, stringifyJson } from '../../../src/core/json.ts';
import { mitigateApply } from '../../../src/tools/mitigate/apply.ts';
import { type AnyTool, answers, live, plan, reads, refusal } from './support.ts';

const apply = mitigateApply as AnyTool;
const nothing = answers({});

const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app' } };
const message = (manifest: string | JsonObject, args: JsonObject = {}) =>
  refusal(() => reads(apply, { manifest, ...args })).message;

describe('manifests', () => {
  test('a namespace that is no text, and text that is no Unicode, are refused by name', () => {
    const listed = { ...config, metadata: { name: 'app', namespace: ['shop'] } };
    expect(message(listed)).toBe('The manifest has a metadata.namespace that is no text.');
    expect(message('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "\\ud800"}')).toContain(
      'half of a surrogate pair',
    );
  });

  test('each document is one server-side apply, in order', () => {
    const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: app, namespace: shop}
data: {mode: fast}
---
# only a comment
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: catalog}
spec: {replicas: 2}
`;
    const writes = plan(apply, { manifest, namespace: 'shop' }, nothing);
    expect(writes.map(({ verb, object }) => [verb, object.kind, object.namespace])).toEqual([
      ['apply', 'ConfigMap', 'shop'],
      ['apply', 'Deployment', 'shop'],
    ]);
    expect(reads(apply, { manifest, namespace: 'shop' })).toEqual([
      {
        as: 'object-0',
        get: { resource: 'ConfigMap', apiVersion: 'v1', namespace: 'shop', name: 'app' },
      },
      {
        as: 'object-1',
        get: { resource: 'Deployment', apiVersion: 'apps/v1', namespace: 'shop', name: 'catalog' },
      },
    ]);
  });

  test('JSON text, objects, lists of objects and kind List mean the same', () => {
    const placed = { ...config, metadata: { name: 'app', namespace: 'shop' } };
    for (const manifest of [
      JSON.stringify(placed),
      placed,
      [placed],
      { apiVersion: 'v1', kind: 'List', items: [placed] },
    ]) {
      expect(plan(apply, { manifest }, nothing)).toMatchObject([{ manifest: placed }]);
    }
  });

  test('YAML is read as kubectl reads it', () => {
    const manifest =
      'apiVersion: v1\nkind: X\nmetadata: {name: x, namespace: s}\nmode: 0644\nat: 2026-01-02\ntime: 12:30:45\nbig: 9007199254740993\nyes: on\n';
    const [write] = plan(apply, { manifest }, nothing);
    expect(write?.verb === 'apply' && stringifyJson(write.manifest)).toContain(
      '"mode":420,"at":"2026-01-02","time":"12:30:45","big":9007199254740993',
    );
  });

  test('what is broken is named by line and column', () => {
    const error = refusal(() =>
      reads(apply, { manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app\n' }),
    );
    expect(error.code).toBe('invalid_manifest');
    expect(error.message).toMatch(/^The manifest can't be read at line \d, column \d+: /);
    expect(error.details).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    expect(message('a: 1\na: 2')).toContain('line 2, column 1');
    expect(
      message(
        'a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]',
      ),
    ).toContain('alias');
  });

  test('what is missing is named, with the document', () => {
    expect(message('kind: ConfigMap')).toBe('The manifest has no apiVersion, no metadata.name.');
    expect(message(`${JSON.stringify(config)}\n---\napiVersion: v1`, { namespace: 's' })).toBe(
      'Document 2 has no kind, no metadata.name.',
    );
    expect(message('# nothing')).toBe('The manifest has no objects in it.');
    expect(message('just words')).toBe('The manifest is no object with apiVersion and kind.');
    expect(message({ ...config, metadata: { generateName: 'app-' } })).toBe(
      'The manifest has generateName. Give it a metadata.name: an undo needs a name.',
    );
  });

  test('a namespace is filled in, never overruled, never given to what has none', () => {
    expect(plan(apply, { manifest: config, namespace: 'shop' }, nothing)).toMatchObject([
      { object: { namespace: 'shop' }, manifest: { metadata: { namespace: 'shop' } } },
    ]);
    expect(message(config)).toBe('The manifest (ConfigMap app) names no namespace.');
    const other = { ...config, metadata: { name: 'app', namespace: 'other' } };
    expect(message(other, { namespace: 'shop' })).toBe(
      'The manifest is for namespace "other", but the argument namespace is "shop".',
    );
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'r' },
    };
    const [write] = plan(apply, { manifest: role, namespace: 'shop' }, nothing);
    expect(write?.object).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      name: 'r',
    });
  });

  test('one object may not come twice', () => {
    const twice = [config, config];
    expect(refusal(() => reads(apply, { manifest: twice, namespace: 's' })).message).toBe(
      'ConfigMap app is in the manifest twice.',
    );
  });

  test('a number that JSON could not carry exactly is refused', () => {
    const manifest = { ...config, data: { n: 2 ** 60 } };
    expect(refusal(() => reads(apply, { manifest, namespace: 's' })).message).toBe(
      'The number at manifest[0].data.n is too large to be passed exactly as JSON.',
    );
  });
});

describe('mode create', () => {
  test('creates what is missing, refuses what is there', () => {
    const args = { manifest: config, namespace: 'shop', mode: 'create' };
    expect(plan(apply, args, nothing)).toMatchObject([
      { verb: 'create', object: { kind: 'ConfigMap', namespace: 'shop', name: 'app' } },
    ]);
    const there = live({ ...config, metadata: { name: 'app', namespace: 'shop' } });
    expect(refusal(() => plan(apply, args, answers({ 'object-0': there })))).toMatchObject({
      code: 'conflict',
      message: 'ConfigMap shop/app is there already.',
    });
  });

  test('the command it shows holds no content', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      stringData: { password: 'hunter22' },
    };
    const [write] = plan(apply, { manifest: secret, mode: 'create' }, nothing);
    expect(`${write?.kubectl} ${write?.summary}`).not.toContain('hunter22');
  });
});
