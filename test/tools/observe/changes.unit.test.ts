import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/core/kube.ts';
import { fieldsText } from '../../../src/tools/observe/changes/field-paths.ts';
import { eventsAsChanges, isAbout } from '../../../src/tools/observe/changes/reported.ts';
import { templateChanges } from '../../../src/tools/observe/changes/template-changes.ts';
import { writesOf } from '../../../src/tools/observe/changes/writes.ts';
import type { EventGroup } from '../../../src/tools/observe/event-list.ts';

describe('fieldsText', () => {
  const field = (...path: string[]): JsonObject =>
    path.reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), {});

  it('writes paths as people do', () => {
    const fields = field(
      'f:spec',
      'f:template',
      'f:spec',
      'f:containers',
      'k:{"name":"web"}',
      'f:image',
    );
    expect(fieldsText(fields)).toBe('spec.template.spec.containers[web].image');
    expect(fieldsText(field('f:metadata', 'f:finalizers', 'v:"a/b"'))).toBe(
      'metadata.finalizers[a/b]',
    );
  });

  it('tells of many fields what they have in common', () => {
    const data = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`f:key${index}`, {}]),
    );
    expect(fieldsText({ 'f:data': { '.': {}, ...data } })).toBe('data.*');
    const wide = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`f:part${index}`, {}]),
    );
    expect(fieldsText(wide)).toMatch(/^part0, part1, part2, part3 and 5 more$/);
  });

  it('reads any set, however odd, in short', () => {
    const odd = fc.letrec<{ set: JsonObject }>((tie) => ({
      set: fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom('f:a', 'k:{"x":1}', 'k:not json', 'v:', '.')),
        fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('set')),
        { maxKeys: 5 },
      ) as fc.Arbitrary<JsonObject>,
    })).set;
    fc.assert(
      fc.property(odd, (fields) => {
        expect(fieldsText(fields).split(', ').length).toBeLessThan(100);
      }),
    );
  });
});

describe('templateChanges', () => {
  const template = (container: JsonObject, more: JsonObject = {}) => ({
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'web:1', ...container }], ...more },
  });

  it('names images and resources with their values', () => {
    const before = template({ resources: { limits: { memory: '128Mi' } } });
    const after = template({ image: 'web:2', resources: { limits: { memory: '64Mi' } } });
    expect(templateChanges(before, after)).toBe(
      'web: image web:1 → web:2, limits.memory 128Mi → 64Mi',
    );
  });

  it('never tells what a variable or an argument holds', () => {
    const before = template({ env: [{ name: 'DB_PASSWORD', value: 's3cret-one' }], args: ['a'] });
    const after = template(
      {
        env: [
          { name: 'DB_PASSWORD', value: 's3cret-two' },
          { name: 'X', value: 'y' },
        ],
        args: ['b'],
      },
      { nodeSelector: { disk: 'ssd' } },
    );
    const said = templateChanges(before, after);
    expect(said).toBe('web: env DB_PASSWORD changed, X added, args changed; nodeSelector changed');
  });

  it('tells of containers that came and went, and of a restart', () => {
    const before = template({});
    const after = {
      metadata: {
        labels: { app: 'web' },
        annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' },
      },
      spec: { containers: [{ name: 'side', image: 's:1' }] },
    };
    expect(templateChanges(before, after)).toBe('web removed; side added; restarted');
    expect(templateChanges(before, before)).toBe('the same pod template');
  });
});

describe('writesOf', () => {
  const object = (metadata: JsonObject): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'shop', uid: 'u', ...metadata },
  });
  const entry = (manager: string, time: string, fieldsV1: JsonObject, more: JsonObject = {}) => ({
    manager,
    operation: 'Update',
    time,
    fieldsV1,
    ...more,
  });
  const since = Date.parse('2026-01-01T00:00:00Z');
  const data = { 'f:data': { 'f:mode': {} } };

  it('calls our own managers by our name, of any epoch, and leaves statuses out', () => {
    const changes = writesOf(
      object({
        creationTimestamp: '2025-12-01T00:00:00Z',
        managedFields: [
          entry('kubectl-edit', '2025-12-01T00:00:00Z', data),
          entry('stratus-e7', '2026-01-01T00:00:01Z', data),
          entry('stratus-undo', '2026-01-01T00:00:02Z', data),
          entry('evil\u001b[2J\nmanager', '2026-01-01T00:00:03Z', data),
          entry('kubelet', '2026-01-01T00:00:04Z', data, { subresource: 'status' }),
          entry('kube-controller-manager', '2026-01-01T00:00:05Z', { 'f:metadata': {} }),
        ],
      }),
      since,
    );
    expect(changes.map(({ by, said }) => [by, said])).toEqual([
      ['stratus-mcp', 'data.mode'],
      ['stratus-mcp, taking back', 'data.mode'],
      ['evil\\u{1b}[2J manager', 'data.mode'],
    ]);
  });

  it('tells who made it, and that it is going', () => {
    const changes = writesOf(
      object({
        creationTimestamp: '2026-01-01T00:00:01Z',
        deletionTimestamp: '2026-01-01T00:05:00Z',
        finalizers: ['example.com/hold'],
        managedFields: [entry('helm', '2026-01-01T00:00:01Z', data)],
      }),
      since,
    );
    expect(changes).toMatchObject([
      { what: 'created', by: 'helm' },
      { what: 'deleting', said: 'is being deleted; finalizers hold it: example.com/hold' },
    ]);
  });
});

describe('events', () => {
  const group = (object: string, more: Partial<EventGroup> = {}): EventGroup => ({
    id: object,
    last: 1_000,
    type: 'Warning',
    reason: 'BackOff',
    object,
    uid: '',
    message: `restarting failed container in pod ${object.split('/')[1]}`,
    count: 2,
    source: 'kubelet',
    ...more,
  });

  it('that say the same of several objects are one, ordinary ones are counted', () => {
    const { changes, ordinary } = eventsAsChanges(
      [
        group('Pod shop/web-7d9f8b6c5d-x2x4z', { last: 3_000 }),
        group('Pod shop/web-7d9f8b6c5d-qqqq2'),
        group('Pod other/web-7d9f8b6c5d-x2x4z'),
        group('Pod shop/a', { type: 'Normal', reason: 'Pulled' }),
        group('Deployment shop/web', { type: 'Normal', reason: 'ScalingReplicaSet' }),
        group('Pod shop/old', { last: 10 }),
      ],
      500,
    );
    expect(ordinary).toBe(1);
    expect(changes.map(({ object, said }) => [object, said.split(':')[0]])).toEqual([
      ['Pod shop/web-7d9f8b6c5d-x2x4z and 1 more', 'Warning BackOff ×4'],
      ['Pod other/web-7d9f8b6c5d-x2x4z', 'Warning BackOff ×2'],
      ['Deployment shop/web', 'ScalingReplicaSet ×2'],
    ]);
  });

  it('about a workload are those of what it made, not of one whose name begins alike', () => {
    const kept = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web-7d9f' } },
    ] as KubeObject[];
    const about = isAbout('Deployment', 'web', kept);
    const asked = [
      ...['Deployment shop/web', 'ReplicaSet shop/web-7d9f', 'Pod shop/web-7d9f-x2x4z'],
      ...['Deployment shop/web-api', 'ReplicaSet shop/web-api-1', 'Pod shop/web-api-1-x2x4z'],
    ];
    expect(asked.map((object) => about({ object }))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(isAbout('StatefulSet', 'db', [])({ object: 'Pod shop/db-0' })).toBe(true);
  });
});
