import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import type { Change } from './bench.ts';

/** A kind, how it is there before us, and what may be done to it. */
export interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
  /** What creates it. */
  readonly base: JsonObject;
  /** What other managers may have written before us. */
  readonly others: readonly {
    readonly manager: string;
    readonly type: 'merge' | 'apply';
    readonly body: JsonObject;
  }[];
  /** Valid writes; an apply may meet another owner, which is an answer too. */
  readonly changes: fc.Arbitrary<Change>;
}

export const merge = (patch: Json): Change => ({ verb: 'patch', patchType: 'merge', patch });
const strategic = (patch: Json): Change => ({ verb: 'patch', patchType: 'strategic', patch });
export const json = (...patch: Json[]): Change => ({ verb: 'patch', patchType: 'json', patch });
export const apply = (manifest: JsonObject): Change => ({ verb: 'apply', manifest });

export const key = fc.constantFrom('a', 'b', 'team', 'example.com/owner');
const word = fc.constantFrom('one', 'two', 'three', '');
/** null takes a key away. */
export const wordOrNothing = fc.option(word, { nil: null });
const small = fc.integer({ min: 1, max: 9 });

export const metadata: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom('labels', 'annotations'), key, wordOrNothing)
  .map(([map, name, value]) => merge({ metadata: { [map]: { [name]: value } } }));

const podSpec = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } });
const container = (fields: JsonObject): JsonObject =>
  podSpec({ containers: [{ name: 'web', ...fields }] });
const envName = fc.constantFrom('LEVEL', 'MODE', 'ZONE', 'EXTRA');
const FIRST = '/spec/template/spec/containers/0';

export const deployment: Kind = {
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  base: {
    metadata: { labels: { app: 'web' }, annotations: { 'example.com/note': 'x' } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, annotations: { 'example.com/note': 'x' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'local/web:1',
              ports: [{ containerPort: 8080 }],
              env: [
                { name: 'LEVEL', value: 'info' },
                { name: 'MODE', value: 'fast' },
              ],
            },
            { name: 'proxy', image: 'local/proxy:1' },
          ],
        },
      },
    },
  },
  others: [
    { manager: 'flux', type: 'apply', body: container({ env: [{ name: 'ZONE', value: 'eu' }] }) },
    { manager: 'kubectl-edit', type: 'merge', body: { metadata: { labels: { team: 'shop' } } } },
    { manager: 'argocd', type: 'apply', body: { spec: { revisionHistoryLimit: 5 } } },
  ],
  changes: fc.oneof(
    metadata,
    small.map((n) => json({ op: 'replace', path: `${FIRST}/image`, value: `local/web:${n}` })),
    small.map((n) => strategic(container({ image: `local/web:${n}` }))),
    fc
      .tuple(envName, word, fc.constantFrom('0', '-'))
      .map(([, value, where]) =>
        json({ op: 'add', path: `${FIRST}/env/${where}`, value: { name: 'NEW', value } }),
      ),
    fc
      .tuple(envName, word)
      .map(([name, value]) => strategic(container({ env: [{ name, value }] }))),
    envName.map((name) => strategic(container({ env: [{ name, $patch: 'delete' }] }))),
    fc.tuple(envName, word).map(([name, value]) => apply(container({ env: [{ name, value }] }))),
    fc.constantFrom(0, 0, 1).map((replicas) => merge({ spec: { replicas } })),
    small.map((n) =>
      strategic(
        container({ resources: { requests: { cpu: `${n}m` }, limits: { memory: `${n}00Mi` } } }),
      ),
    ),
    small.map((n) =>
      strategic(
        container({ readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: n } }),
      ),
    ),
    fc.constant(merge({ spec: { strategy: { type: 'Recreate', rollingUpdate: null } } })),
    small.map((n) =>
      merge({ spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: n } } } }),
    ),
    word.map((value) =>
      merge({ spec: { template: { metadata: { annotations: { 'example.com/note': value } } } } }),
    ),
    fc.constant(json({ op: 'move', from: '/spec/template/spec/containers/1', path: FIRST })),
    small.map((n) =>
      strategic(podSpec({ containers: [{ name: 'extra', image: `local/extra:${n}` }] })),
    ),
    fc.constant(strategic(podSpec({ containers: [{ name: 'proxy', $patch: 'delete' }] }))),
    fc.constantFrom(
      strategic(podSpec({ volumes: [{ name: 'tmp', emptyDir: {} }] })),
      merge({ spec: { paused: true } }),
      merge({ spec: { minReadySeconds: 3 } }),
    ),
  ),
};

const portNumber = fc.constantFrom(80, 81, 82);

export const service: Kind = {
  kind: 'Service',
  apiVersion: 'v1',
  base: {
    metadata: { labels: { app: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  others: [
    { manager: 'kubectl-edit', type: 'merge', body: { metadata: { annotations: { b: 'x' } } } },
    {
      manager: 'flux',
      type: 'apply',
      body: { spec: { ports: [{ name: 'metrics', port: 90, protocol: 'TCP', targetPort: 9090 }] } },
    },
    {
      manager: 'argocd',
      type: 'apply',
      body: { spec: { selector: { app: 'web', tier: 'front' } } },
    },
  ],
  changes: fc.oneof(
    metadata,
    fc
      .tuple(key, wordOrNothing)
      .map(([name, value]) => merge({ spec: { selector: { [name]: value } } })),
    fc.constantFrom('ClusterIP', 'NodePort').map((type) => merge({ spec: { type } })),
    fc
      .constantFrom('None', 'ClientIP')
      .map((sessionAffinity) => merge({ spec: { sessionAffinity } })),
    fc
      .tuple(portNumber, small)
      .map(([port, n]) =>
        strategic({ spec: { ports: [{ name: `p${port}`, port, targetPort: n }] } }),
      ),
    fc.tuple(portNumber, small).map(([port, n]) =>
      merge({
        spec: {
          ports: [
            { name: 'one', port, targetPort: n },
            { name: 'two', port: 99 },
          ],
        },
      }),
    ),
    fc.tuple(portNumber, small).map(([port, n]) =>
      apply({
        spec: { ports: [{ name: `q${port}`, port: port + 10, protocol: 'TCP', targetPort: n }] },
      }),
    ),
    fc
      .constantFrom('Cluster', 'Local')
      .map((value) => merge({ spec: { internalTrafficPolicy: value } })),
    fc.constant(merge({ spec: { publishNotReadyAddresses: true } })),
  ),
};

const dataKey = fc.constantFrom('mode', 'level', 'a.b', 'new', 'constructor');

export const configMap: Kind = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  base: { metadata: { labels: { app: 'web' } }, data: { mode: 'fast', level: 'info', empty: '' } },
  others: [
    { manager: 'flux', type: 'apply', body: { data: { mode: 'fast', theirs: 'x' } } },
    { manager: 'kubectl-edit', type: 'merge', body: { data: { level: 'warn' } } },
    { manager: 'argocd', type: 'apply', body: { metadata: { labels: { team: 'shop' } } } },
  ],
  changes: fc.oneof(
    metadata,
    fc.tuple(dataKey, wordOrNothing).map(([name, value]) => merge({ data: { [name]: value } })),
    fc.tuple(dataKey, word).map(([name, value]) => strategic({ data: { [name]: value } })),
    fc.tuple(dataKey, word).map(([name, value]) => apply({ data: { [name]: value } })),
    word.map((value) => json({ op: 'add', path: '/data/added', value })),
    fc
      .tuple(dataKey, fc.constantFrom('AAE=', '/w=='))
      .map(([name, value]) => merge({ binaryData: { [`${name}.bin`]: value } })),
    fc.constantFrom(
      merge({ data: null }),
      json({ op: 'replace', path: '/data', value: { a: 'b' } }),
    ),
  ),
};

export const secret: Kind = {
  kind: 'Secret',
  apiVersion: 'v1',
  base: {
    type: 'Opaque',
    data: { user: 'YQ==', mode: 'Yg==' },
    metadata: { labels: { app: 'web' } },
  },
  others: [
    { manager: 'flux', type: 'apply', body: { data: { theirs: 'eA==' } } },
    { manager: 'kubectl-edit', type: 'merge', body: { stringData: { mode: 'edited' } } },
  ],
  changes: fc.oneof(
    metadata,
    fc
      .tuple(dataKey, fc.constantFrom('AAE=', '/w==', null))
      .map(([name, value]) => merge({ data: { [name]: value } })),
    fc.tuple(dataKey, word).map(([name, value]) => merge({ stringData: { [name]: value } })),
    fc.tuple(dataKey, word).map(([name, value]) => strategic({ stringData: { [name]: value } })),
    fc
      .tuple(dataKey, fc.constantFrom('AAE=', '/w=='))
      .map(([name, value]) => apply({ data: { [name]: value } })),
    fc.constant(json({ op: 'remove', path: '/data/user' })),
  ),
};

export function manifestOf(kind: Kind, ref: ObjectRef): JsonObject {
  return full(kind.base, ref);
}

/** Gives a manifest the name that it needs to be one. */
export function full(fields: JsonObject, ref: ObjectRef): JsonObject {
  const { apiVersion, kind, name, namespace } = ref;
  const given = (fields.metadata ?? {}) as JsonObject;
  return {
    apiVersion,
    kind,
    ...fields,
    metadata: { ...given, name, ...(namespace === undefined ? {} : { namespace }) },
  };
}
