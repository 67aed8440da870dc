import fc from 'fast-check';
import { type JsonObject, parseJson } from '../../src/core/json.ts';
import { apply, json, type Kind, key, merge, metadata, wordOrNothing } from './kinds.ts';

/** int64 beyond what a double can hold. */
const LARGE = ['9007199254740993', '9223372036854775807', '-9007199254740995'];
const lossless = (text: string) => parseJson(text);
const large = fc.constantFrom(...LARGE);
const id = fc.constantFrom('x', 'y', 'z');

export const WIDGETS: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.undo.example.com' },
  spec: {
    group: 'undo.example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  serial: { type: 'integer', format: 'int64' },
                  note: { type: 'string', nullable: true },
                  tags: {
                    type: 'array',
                    items: { type: 'string' },
                    'x-kubernetes-list-type': 'set',
                  },
                  args: {
                    type: 'array',
                    items: { type: 'string' },
                    'x-kubernetes-list-type': 'atomic',
                  },
                  plain: { type: 'array', items: { type: 'integer', format: 'int64' } },
                  nested: {
                    type: 'object',
                    additionalProperties: {
                      type: 'object',
                      additionalProperties: { type: 'string' },
                    },
                  },
                  parts: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['id', 'zone'],
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: {
                        id: { type: 'string' },
                        zone: { type: 'string', default: 'eu' },
                        size: { type: 'integer', format: 'int64' },
                        labels: { type: 'object', additionalProperties: { type: 'string' } },
                      },
                    },
                  },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

export const widget: Kind = {
  kind: 'Widget',
  apiVersion: 'undo.example.com/v1',
  base: {
    spec: {
      serial: lossless('9007199254740993'),
      tags: ['a', 'b'],
      args: ['-v', '1'],
      nested: { one: { a: '1' }, two: {} },
      parts: [
        { id: 'x', zone: 'eu', size: lossless('9007199254740995') },
        { id: 'y', zone: 'us', labels: { a: '1' } },
      ],
      free: { list: [{ deep: lossless('9007199254740997') }], n: null },
    },
  },
  others: [
    {
      manager: 'flux',
      type: 'apply',
      body: { spec: { parts: [{ id: 'f', zone: 'eu', size: 1 }], tags: ['f'] } },
    },
    { manager: 'kubectl-edit', type: 'merge', body: { spec: { note: 'x' } } },
    { manager: 'argocd', type: 'apply', body: { spec: { nested: { three: { a: '1' } } } } },
  ],
  changes: fc.oneof(
    metadata,
    large.map((n) => merge({ spec: { serial: lossless(n) } })),
    large.map((n) => merge({ spec: { plain: [lossless(n), 1] } })),
    fc.constantFrom('v', null).map((note) => merge({ spec: { note } })),
    fc
      .tuple(key, key, wordOrNothing)
      .map(([a, b, value]) => merge({ spec: { nested: { [a]: { [b]: value } } } })),
    fc.constant(merge({ spec: { nested: { one: null } } })),
    fc.subarray(['a', 'b', 'c', 'd']).map((tags) => merge({ spec: { tags } })),
    fc.subarray(['-v', '1', '2']).map((args) => merge({ spec: { args } })),
    fc
      .tuple(id, large)
      .map(([name, n]) =>
        apply({ spec: { parts: [{ id: name, zone: 'us', size: lossless(n) }] } }),
      ),
    id.map((tag) => apply({ spec: { tags: [tag] } })),
    fc
      .tuple(id, large)
      .map(([name, n]) =>
        json({ op: 'add', path: '/spec/parts/0', value: { id: `${name}0`, size: lossless(n) } }),
      ),
    fc.constant(json({ op: 'move', from: '/spec/parts/1', path: '/spec/parts/0' })),
    fc.constant(json({ op: 'remove', path: '/spec/parts/0' })),
    large.map((n) => merge({ spec: { free: { added: { n: lossless(n) }, list: [] } } })),
  ),
};
